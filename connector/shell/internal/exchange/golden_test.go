package exchange_test

import (
	"bytes"
	"context"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/interchange-smtp/interchange/connector"
	"github.com/interchange-smtp/interchange/connector/shell"
	"github.com/interchange-smtp/interchange/permission"
	"github.com/interchange-smtp/interchange/routing"
)

// TestGolden runs every script of testdata/golden and compares what it prints,
// warnings and errors included, with the file beside it. To write those files,
// run it with -update. A script whose name begins with 2007 runs in that edition,
// one with edge in its name on an Edge server. No output may hold the password.
func TestGolden(t *testing.T) {
	scripts, err := filepath.Glob(filepath.Join("testdata", "golden", "*.ps1"))
	if err != nil || len(scripts) == 0 {
		t.Fatal(err, "no scripts")
	}
	for _, file := range scripts {
		name := strings.TrimSuffix(filepath.Base(file), ".ps1")
		t.Run(name, func(t *testing.T) {
			src, err := os.ReadFile(file)
			if err != nil {
				t.Fatal(err)
			}
			got := runScript(name, src)
			if strings.Contains(got, password) {
				t.Fatalf("the output holds the password:\n%s", got)
			}
			golden := strings.TrimSuffix(file, ".ps1") + ".txt"
			if *update {
				if err := os.WriteFile(golden, []byte(got), 0o644); err != nil {
					t.Fatal(err)
				}
			}
			want, err := os.ReadFile(golden)
			if err != nil {
				t.Fatal(err)
			}
			if got != string(want) {
				t.Errorf("the output differs from %s:\n%s", golden, got)
			}
		})
	}
}

func runScript(name string, src []byte) string {
	var out bytes.Buffer
	opts := shell.Options{
		Server: routing.Server{Name: "EX01", FQDN: "EX01.contoso.com", Edge: strings.Contains(name, "edge")}, Out: &out,
		Credential: func(shell.Request) (connector.Credential, error) {
			return connector.Credential{UserName: `CONTOSO\gateway`, Password: password}, nil
		},
	}
	if strings.HasPrefix(name, "2007") {
		opts.Profile = permission.Exchange2007
	}
	in := shell.New(opts)
	if err := in.Run(context.Background(), name+".ps1", src); err != nil {
		out.WriteString("errors:\n" + err.Error() + "\n")
	}
	return out.String()
}
