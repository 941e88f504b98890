// Package msgraphsdkgo stands in for Microsoft's client of its directory, with which Vault's azure login rotates
// its own credentials: no test does so, and it is two fifths of what there is to compile.
package msgraphsdkgo

import "github.com/microsoftgraph/msgraph-sdk-go/applications"

// GraphRequestAdapter sends nothing.
type GraphRequestAdapter struct{}

// NewGraphRequestAdapter ignores the credentials.
func NewGraphRequestAdapter(any) (*GraphRequestAdapter, error) { return &GraphRequestAdapter{}, nil }

// SetBaseUrl ignores the address.
func (*GraphRequestAdapter) SetBaseUrl(string) {}

// GraphServiceClient refuses every request.
type GraphServiceClient struct{}

// NewGraphServiceClient returns a client that refuses every request.
func NewGraphServiceClient(*GraphRequestAdapter) *GraphServiceClient { return &GraphServiceClient{} }

// Applications returns the requests for applications.
func (*GraphServiceClient) Applications() applications.Requests { return applications.Requests{} }
