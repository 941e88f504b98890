// Package okta stands in for Okta's client, with which Vault asks for a second factor: no test does so, and it is a
// ninth of what there is to compile.
package okta

import (
	"context"
	"errors"
	"net/http"
)

var errAbsent = errors.New("the Vault of the tests has no Okta")

// Configuration holds the context of requests.
type Configuration struct{ Context context.Context }

// ConfigSetter is an option of NewConfiguration.
type ConfigSetter func(*Configuration)

// NewConfiguration refuses every setting.
func NewConfiguration(...ConfigSetter) (*Configuration, error) { return nil, errAbsent }

// WithToken ignores the token.
func WithToken(string) ConfigSetter { return nil }

// WithOrgUrl ignores the address.
func WithOrgUrl(string) ConfigSetter { return nil }

// WithCache ignores the switch.
func WithCache(bool) ConfigSetter { return nil }

// APIClient sends nothing.
type APIClient struct {
	UserAPI       UserAPI
	UserFactorAPI UserFactorAPI
}

// NewAPIClient ignores the configuration.
func NewAPIClient(*Configuration) *APIClient { return &APIClient{} }

// GetConfig returns an empty configuration.
func (*APIClient) GetConfig() *Configuration { return &Configuration{Context: context.Background()} }

// Request refuses to be sent.
type Request[Answer any] struct{}

// Filter ignores the expression.
func (r Request[Answer]) Filter(string) Request[Answer] { return r }

// Execute refuses.
func (Request[Answer]) Execute() (answer Answer, response *http.Response, err error) {
	return answer, nil, errAbsent
}

// UserAPI has no user.
type UserAPI struct{}

// ListUsers returns a request that is refused.
func (UserAPI) ListUsers(context.Context) Request[[]User] { return Request[[]User]{} }

// UserFactorAPI has no factor.
type UserFactorAPI struct{}

// ListFactors returns a request that is refused.
func (UserFactorAPI) ListFactors(context.Context, string) Request[[]Factor] {
	return Request[[]Factor]{}
}

// VerifyFactor returns a request that is refused.
func (UserFactorAPI) VerifyFactor(context.Context, string, string) Request[*Verification] {
	return Request[*Verification]{}
}

// GetFactorTransactionStatus returns a request that is refused.
func (UserFactorAPI) GetFactorTransactionStatus(context.Context, string, string, string) Request[*Transaction] {
	return Request[*Transaction]{}
}

// User has no identifier.
type User struct{}

// GetId returns an empty one.
func (*User) GetId() string { return "" }

// Factor is never a push.
type Factor struct{ UserFactorPush *UserFactorPush }

// UserFactorPush has no identifier.
type UserFactorPush struct{}

// GetId returns an empty one.
func (*UserFactorPush) GetId() string { return "" }

// Verification has no result.
type Verification struct{ Links map[string]any }

// GetFactorResult returns an empty one.
func (*Verification) GetFactorResult() string { return "" }

// Transaction has no status.
type Transaction struct {
	UserFactorPushTransaction         *struct{}
	UserFactorPushTransactionWaiting  *struct{}
	UserFactorPushTransactionRejected *struct{}
	UserFactorPushTransactionTimeout  *struct{}
}
