package connector_test

import (
	"fmt"
	"strings"
	"testing"

	"github.com/interchange-smtp/interchange/connector"
	"github.com/interchange-smtp/interchange/connector/param"
)

// TestCredentialPrints checks that package fmt prints the password in no form,
// however deep the credential is nested.
func TestCredentialPrints(t *testing.T) {
	c := &param.Credential{UserName: "user", Password: "Tr0ub4dor&3"}
	cfg := connector.Config{Send: []connector.Send{{Name: "Out", AuthenticationCredential: c, SmartHostCredentials: []param.SmartHostCredential{{Host: param.MustParseSmartHost("a.example"), Credential: *c}}}}}
	for _, v := range []any{c, *c, cfg, &cfg, cfg.Send[0], []any{c}, cfg.Send[0].SmartHostCredentials} {
		for _, verb := range []string{"%v", "%+v", "%#v", "%s", "%q", "%x", "%d", "%t"} {
			if got := fmt.Sprintf(verb, v); strings.Contains(got, "Tr0ub") || strings.Contains(got, "547230") {
				t.Errorf("%s of a %T: %s", verb, v, got)
			}
		}
	}
	if got := fmt.Sprint(cfg.Send[0].SmartHostCredentials[0]); got != "{a.example {user REDACTED}}" {
		t.Errorf("that of a smart host prints as %s", got)
	}
	if got := fmt.Sprint(c); got != "{user REDACTED}" {
		t.Errorf("it prints as %s", got)
	}
}
