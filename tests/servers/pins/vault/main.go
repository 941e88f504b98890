// The vault of the tests: a minimal build (tag "minimal") and the plugins that the tests use, without three libraries of
// clouds (minimal.work). After the servers of Kubernetes, two cores compile it in 2 minutes.
package main

import (
	"os"
	"reflect"
	"unsafe"

	azureAuth "github.com/hashicorp/vault-plugin-auth-azure"
	gcpAuth "github.com/hashicorp/vault-plugin-auth-gcp/plugin"
	kubernetesAuth "github.com/hashicorp/vault-plugin-auth-kubernetes"
	awsAuth "github.com/hashicorp/vault/builtin/credential/aws"
	"github.com/hashicorp/vault/builtin/logical/rabbitmq"
	"github.com/hashicorp/vault/command"
	"github.com/hashicorp/vault/helper/builtinplugins"
	"github.com/hashicorp/vault/sdk/logical"
)

func main() {
	add("credentialBackends", map[string]logical.Factory{
		"aws":        awsAuth.Factory,
		"azure":      azureAuth.Factory,
		"gcp":        gcpAuth.Factory,
		"kubernetes": kubernetesAuth.Factory,
	})
	add("logicalBackends", map[string]logical.Factory{"rabbitmq": rabbitmq.Factory})
	os.Exit(command.Run(os.Args[1:]))
}

// add puts plugins into a table of the registry, whose fields are not exported.
func add(table string, plugins map[string]logical.Factory) {
	field := reflect.ValueOf(builtinplugins.Registry).Elem().FieldByName(table)
	writable := reflect.NewAt(field.Type(), unsafe.Pointer(field.UnsafeAddr())).Elem()
	for name, factory := range plugins {
		plugin := reflect.New(field.Type().Elem()).Elem()
		plugin.FieldByName("Factory").Set(reflect.ValueOf(factory))
		writable.SetMapIndex(reflect.ValueOf(name), plugin)
	}
}
