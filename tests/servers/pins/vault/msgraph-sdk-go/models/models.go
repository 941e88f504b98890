// Package models has the two models that Vault's azure login reads, see the folder above.
package models

import (
	"time"

	"github.com/google/uuid"
)

type Applicationable interface {
	GetId() *string
	GetPasswordCredentials() []PasswordCredentialable
}

type PasswordCredentialable interface {
	GetKeyId() *uuid.UUID
	GetSecretText() *string
	GetEndDateTime() *time.Time
	SetDisplayName(*string)
	SetEndDateTime(*time.Time)
}

type PasswordCredential struct{}

func NewPasswordCredential() *PasswordCredential { return nil }

func (*PasswordCredential) GetKeyId() *uuid.UUID       { return nil }
func (*PasswordCredential) GetSecretText() *string     { return nil }
func (*PasswordCredential) GetEndDateTime() *time.Time { return nil }
func (*PasswordCredential) SetDisplayName(*string)     {}
func (*PasswordCredential) SetEndDateTime(*time.Time)  {}
