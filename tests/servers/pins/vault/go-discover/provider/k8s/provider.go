// Package k8s is empty, see the folder above.
package k8s

import "log"

// Provider finds nothing.
type Provider struct{}

// Addrs returns no address.
func (*Provider) Addrs(map[string]string, *log.Logger) ([]string, error) { return nil, nil }

// Help returns no help.
func (*Provider) Help() string { return "" }
