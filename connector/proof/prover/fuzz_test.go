package prover_test

import (
	"bytes"
	"encoding/json"
	"fmt"
	"maps"
	"testing"

	"github.com/interchange-smtp/interchange/connector/proof"
)

// leaves counts the values of a JSON text by their place, without places in lists and
// without witnesses.
func leaves(t *testing.T, text []byte) map[string]int {
	var v any
	if err := json.Unmarshal(text, &v); err != nil {
		t.Fatal(err)
	}
	counts := map[string]int{}
	var walk func(place string, v any)
	walk = func(place string, v any) {
		switch v := v.(type) {
		case map[string]any:
			for name, member := range v {
				_, connection := v["Remote"]
				if name != "Witness" && !(connection && (name == "Remote" || name == "Local")) {
					walk(place+"."+name, member)
				}
			}
		case []any:
			for _, element := range v {
				walk(place, element)
			}
		case nil:
		default:
			counts[fmt.Sprint(place, "=", v)]++
		}
	}
	walk("", v)
	return counts
}

// FuzzVerify: no text makes Read or Verify panic, and one that is accepted says the same
// as the certificate of the policy.
func FuzzVerify(f *testing.F) {
	certificate, policy := certificate(f, small)
	f.Add(certificate)
	f.Add([]byte(`{"Format":1,"Rules":1,"Policies":[]}`))
	f.Fuzz(func(t *testing.T, given []byte) {
		c, err := proof.Read(bytes.NewReader(given))
		if err != nil {
			return
		}
		if err := proof.Verify(c, policy); err == nil && !maps.Equal(leaves(t, given), leaves(t, certificate)) {
			t.Errorf("a certificate that says something else is accepted: %s", given)
		}
	})
}
