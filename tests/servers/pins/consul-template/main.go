// Reads a line of JSON after the other, a template with what Vault would answer, and answers each with {"output"},
// {"missing"} or {"error"}: what consul-template makes of it. A line with "layout" is answered with that time's text.
package main

import (
	"bufio"
	"bytes"
	"encoding/json"
	"fmt"
	"os"
	"time"

	dep "github.com/hashicorp/consul-template/dependency"
	"github.com/hashicorp/consul-template/template"
)

type write struct {
	Path string            `json:"path"`
	Data map[string]string `json:"data"`
}

type answers struct {
	Reads  map[string]*dep.Secret `json:"reads"`
	Lists  map[string][]string    `json:"lists"`
	Writes []struct {
		write
		Secret *dep.Secret `json:"secret"`
	} `json:"writes"`
	Certificates []struct {
		write
		PEM dep.PemEncoded `json:"pem"`
	} `json:"certificates"`
}

type question struct {
	Template          string  `json:"template"`
	Left              string  `json:"left"`
	Right             string  `json:"right"`
	ErrorOnMissingKey bool    `json:"error_on_missing_key"`
	Answers           answers `json:"answers"`
	Layout            *string `json:"layout"`
	Unix              int64   `json:"unix"`
}

type answer struct {
	Output  *[]byte  `json:"output,omitempty"`
	Missing []string `json:"missing,omitempty"`
	Error   string   `json:"error,omitempty"`
}

func must[T any](value T, err error) T {
	if err != nil {
		panic(err)
	}
	return value
}

func data(w write) map[string]any {
	all := make(map[string]any)
	for key, value := range w.Data {
		all[key] = value
	}
	return all
}

func brain(a answers) *template.Brain {
	b := template.NewBrain()
	for path, secret := range a.Reads {
		b.Remember(must(dep.NewVaultReadQuery(path)), secret)
	}
	for path, keys := range a.Lists {
		b.Remember(must(dep.NewVaultListQuery(path)), keys)
	}
	for _, w := range a.Writes {
		b.Remember(must(dep.NewVaultWriteQuery(w.Path, data(w.write))), w.Secret)
	}
	for _, c := range a.Certificates {
		b.Remember(must(dep.NewVaultPKIQuery(c.Path, "", data(c.write))), c.PEM)
	}
	return b
}

func render(q question) (a answer) {
	defer func() {
		if r := recover(); r != nil {
			a = answer{Error: fmt.Sprint(r)}
		}
	}()
	t := must(template.NewTemplate(&template.NewTemplateInput{
		Contents:      q.Template,
		LeftDelim:     q.Left,
		RightDelim:    q.Right,
		ErrMissingKey: q.ErrorOnMissingKey,
	}))
	result, err := t.Execute(&template.ExecuteInput{Brain: brain(q.Answers)})
	if err != nil {
		return answer{Error: err.Error()}
	}
	for _, need := range result.Missing.List() {
		a.Missing = append(a.Missing, need.String())
	}
	a.Output = &result.Output
	return a
}

func main() {
	in := bufio.NewReader(os.Stdin)
	out := json.NewEncoder(os.Stdout)
	for {
		line, err := in.ReadBytes('\n')
		if err != nil {
			return
		}
		d := json.NewDecoder(bytes.NewReader(line))
		d.UseNumber()
		var q question
		if err := d.Decode(&q); err != nil {
			panic(err)
		}
		if q.Layout != nil {
			text := []byte(time.Unix(q.Unix, 0).UTC().Format(*q.Layout))
			_ = out.Encode(answer{Output: &text})
			continue
		}
		_ = out.Encode(render(q))
	}
}
