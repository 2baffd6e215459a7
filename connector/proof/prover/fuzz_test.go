package prover_test

import (
	"bytes"
	"slices"
	"testing"

	"github.com/interchange-smtp/interchange/connector/proof"
)

// FuzzVerify: no text makes Read or Verify panic, and one that is accepted says the same
// as the certificate of the policy.
func FuzzVerify(f *testing.F) {
	certificate, policy := certificate(f, small)
	said, err := proof.Read(bytes.NewReader(certificate))
	if err != nil {
		f.Fatal(err)
	}
	f.Add(certificate)
	f.Add([]byte(`{"Format":1,"Rules":1,"Policies":[]}`))
	f.Fuzz(func(t *testing.T, given []byte) {
		c, err := proof.Read(bytes.NewReader(given))
		if err != nil {
			return
		}
		if err := proof.Verify(c, policy); err == nil && !slices.Equal(statements(c), statements(said)) {
			t.Errorf("a certificate that says something else is accepted: %s", given)
		}
	})
}
