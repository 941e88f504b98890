// Package applications refuses every request, see the folder above.
package applications

import (
	"context"
	"errors"

	"github.com/google/uuid"
	"github.com/microsoftgraph/msgraph-sdk-go/models"
)

var errAbsent = errors.New("the Vault of the tests has no client for Microsoft Graph")

// Requests and the types below have the methods that Vault's azure login calls.
type Requests struct{}

type (
	ApplicationsRequestBuilderGetQueryParameters      struct{ Filter *string }
	ApplicationsRequestBuilderGetRequestConfiguration struct {
		QueryParameters *ApplicationsRequestBuilderGetQueryParameters
	}
	Found                             struct{}
	ItemAddPasswordPostRequestBody    struct{}
	ItemRemovePasswordPostRequestBody struct{}
	Adding                            struct{}
	Removing                          struct{}
)

func (Requests) Get(context.Context, *ApplicationsRequestBuilderGetRequestConfiguration) (Found, error) {
	return Found{}, errAbsent
}
func (Requests) ByApplicationId(string) Requests { return Requests{} }
func (Requests) AddPassword() Adding             { return Adding{} }
func (Requests) RemovePassword() Removing        { return Removing{} }

func (Found) GetValue() []models.Applicationable { return nil }

func (Adding) Post(context.Context, *ItemAddPasswordPostRequestBody, any) (models.PasswordCredentialable, error) {
	return nil, errAbsent
}

func (Removing) Post(context.Context, *ItemRemovePasswordPostRequestBody, any) error {
	return errAbsent
}

func NewItemAddPasswordPostRequestBody() *ItemAddPasswordPostRequestBody { return nil }

func (*ItemAddPasswordPostRequestBody) SetPasswordCredential(models.PasswordCredentialable) {}

func NewItemRemovePasswordPostRequestBody() *ItemRemovePasswordPostRequestBody { return nil }

func (*ItemRemovePasswordPostRequestBody) SetKeyId(*uuid.UUID) {}
