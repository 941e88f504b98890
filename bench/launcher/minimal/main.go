// A launcher with nothing but the standard library and the shortest way: what Go itself costs.
package main

import (
	"bytes"
	"crypto/tls"
	"crypto/x509"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"os"
	"strings"
	"syscall"
)

const prefix = "vault:"

type vault struct {
	http    http.Client
	address string
	token   string
}

type answer struct {
	Auth struct {
		ClientToken string `json:"client_token"`
	} `json:"auth"`
	Data struct {
		Data map[string]string `json:"data"`
	} `json:"data"`
}

func main() {
	environment := os.Environ()
	var references []int
	for i, entry := range environment {
		if _, value, _ := strings.Cut(entry, "="); strings.HasPrefix(value, prefix) {
			references = append(references, i)
		}
	}
	if len(references) > 0 {
		resolve(environment, references)
	}
	fail(syscall.Exec(os.Args[1], os.Args[1:], environment))
}

func resolve(environment []string, references []int) {
	v := connect()
	secrets := map[string]map[string]string{}
	for _, i := range references {
		name, value, _ := strings.Cut(environment[i], "=")
		path, key, _ := strings.Cut(value[len(prefix):], "#")
		if secrets[path] == nil {
			secrets[path] = v.request("GET", path, nil).Data.Data
		}
		environment[i] = name + "=" + secrets[path][key]
	}
}

func connect() *vault {
	pem, err := os.ReadFile(os.Getenv("VAULT_CACERT"))
	fail(err)
	pool := x509.NewCertPool()
	pool.AppendCertsFromPEM(pem)
	transport := &http.Transport{TLSClientConfig: &tls.Config{RootCAs: pool}}
	v := &vault{http.Client{Transport: transport}, os.Getenv("VAULT_ADDR"), os.Getenv("VAULT_TOKEN")}
	if v.token == "" {
		v.login()
	}
	return v
}

func (v *vault) login() {
	jwt, err := os.ReadFile(os.Getenv("VAULT_JWT_FILE"))
	fail(err)
	body, err := json.Marshal(map[string]string{
		"role": os.Getenv("VAULT_ROLE"), "jwt": strings.TrimSpace(string(jwt)),
	})
	fail(err)
	v.token = v.request("POST", "auth/kubernetes/login", body).Auth.ClientToken
}

func (v *vault) request(method, path string, body []byte) (found answer) {
	request, err := http.NewRequest(method, v.address+"/v1/"+path, bytes.NewReader(body))
	fail(err)
	if v.token != "" {
		request.Header.Set("X-Vault-Token", v.token)
	}
	response, err := v.http.Do(request)
	fail(err)
	defer response.Body.Close()
	text, err := io.ReadAll(response.Body)
	fail(err)
	if response.StatusCode != http.StatusOK {
		fail(fmt.Errorf("%s %s: %s", method, path, response.Status))
	}
	fail(json.Unmarshal(text, &found))
	return found
}

func fail(err error) {
	if err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
}
