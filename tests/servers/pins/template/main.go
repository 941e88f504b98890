// Reads a line of JSON {"template", "data"} after the other and answers each with {"output"} or {"error"}: what Go's
// text/template with the functions of Sprig v3 makes of it, between the delimiters ${ and }.
package main

import (
	"bufio"
	"bytes"
	"encoding/json"
	"fmt"
	"os"
	"text/template"

	"github.com/Masterminds/sprig/v3"
)

type question struct {
	Template string         `json:"template"`
	Data     map[string]any `json:"data"`
}

func render(q question) (output string, err error) {
	defer func() {
		if r := recover(); r != nil {
			err = fmt.Errorf("%v", r)
		}
	}()
	t, err := template.New("t").Delims("${", "}").Funcs(sprig.TxtFuncMap()).Parse(q.Template)
	if err != nil {
		return "", err
	}
	var b bytes.Buffer
	err = t.Execute(&b, q.Data)
	return b.String(), err
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
		output, err := render(q)
		if err != nil {
			_ = out.Encode(map[string]string{"error": err.Error()})
		} else {
			_ = out.Encode(map[string]string{"output": output})
		}
	}
}
