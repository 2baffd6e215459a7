package archtest_test

import (
	"slices"
	"strings"
	"testing"
)

// pure are the packages that decide and never touch a network.
var pure = []string{"./permission/...", "./auth/...", "./routing/...", "./connector/..."}

// TestPurePackages holds the pure packages, and everything under them, to
// values: an embedder can test a policy without a socket, and a decision can
// depend on nothing but its arguments.
func TestPurePackages(t *testing.T) {
	banned := []string{
		"net", "net/mail", "net/http", "crypto/tls", "crypto/x509", "os/exec",
		"github.com/emersion/go-smtp", "github.com/emersion/go-sasl",
		module + "/relay", module + "/internal/smtpserver",
	}
	for _, p := range packages(t, pure...) {
		for _, dep := range banned {
			if slices.Contains(p.Deps, dep) {
				t.Errorf("%s depends on %s", p.rel(), dep)
			}
		}
	}
}

// TestLayers checks that a package imports only those below it in the picture of
// the root's package documentation. Internal packages may be anywhere.
func TestLayers(t *testing.T) {
	values := []string{"permission", "routing", "auth"}
	policy := slices.Concat(values, []string{"connector", "connector/order", "connector/param", "connector/reply", "connector/source"})
	wire := append(slices.Clone(policy), "relay/envelope")
	below := map[string][]string{
		".":                nil,
		"permission":       nil,
		"routing":          {"connector/source"},
		"connector/source": nil,
		"auth":             {"permission", "routing", "connector/source"},
		"connector/param":  values,
		"connector/reply":  {"permission"},
		"connector/order":  {"connector/reply"},
		"connector":        policy,
		"relay/envelope":   {"routing"},
		"relay/queue":      {"routing", "relay/envelope"},
		"relay/message":    {"routing"},
		"relay/event":      policy,
		"relay":            append(slices.Clone(wire), "relay/dsn", "relay/event", "relay/message"),
		"relay/gosmtp":     append(slices.Clone(wire), "relay", "relay/delivery"),
		"relay/delivery":   append(slices.Clone(wire), "relay", "relay/event", "relay/message"),
		"relay/dispatch":   append(slices.Clone(wire), "relay", "relay/delivery", "relay/dsn", "relay/event", "relay/queue"),
	}
	for _, p := range packages(t, "./...") {
		allowed, ok := below[p.rel()]
		if !ok {
			continue
		}
		for _, dep := range p.Imports {
			rel, inModule := strings.CutPrefix(dep, module+"/")
			if inModule && !strings.Contains("/"+rel+"/", "/internal/") && !slices.Contains(allowed, rel) {
				t.Errorf("%s imports %s, which is not below it", p.rel(), rel)
			}
		}
	}
}

// TestExamplesUsePublicPackages keeps the programs to what every embedder has.
func TestExamplesUsePublicPackages(t *testing.T) {
	for _, p := range packages(t, module+"/examples/...") {
		for _, dep := range p.Imports {
			rel, ours := strings.CutPrefix(dep, module+"/internal/")
			if ours {
				t.Errorf("%s imports internal/%s", p.rel(), rel)
			}
		}
	}
}

// TestStoresNeedNoRelay keeps what an implementer of a queue Store compiles to
// this module's values and the modules that check domain names.
func TestStoresNeedNoRelay(t *testing.T) {
	own := []string{"routing", "connector/source", "relay/envelope", "relay/queue", "relay/queue/queuetest"}
	for _, p := range packages(t, "./relay/envelope", "./relay/queue", "./relay/queue/queuetest") {
		for _, dep := range p.Deps {
			rel, ours := strings.CutPrefix(dep, module+"/")
			domain, _, _ := strings.Cut(dep, "/")
			switch {
			case ours && !slices.Contains(own, rel),
				!ours && strings.Contains(domain, ".") && !strings.HasPrefix(dep, "golang.org/x/net/") && !strings.HasPrefix(dep, "golang.org/x/text/"):
				t.Errorf("%s depends on %s", p.rel(), dep)
			}
		}
	}
}
