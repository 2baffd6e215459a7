package main

import (
	"fmt"
	"os"
	"slices"
	"strings"

	"github.com/interchange-smtp/interchange/connector/source"
)

// codeGodebug is the code of a setting of Go's runtime that weakens TLS.
const codeGodebug source.Code = "godebug-tls"

// weakening are the settings of GODEBUG that weaken the TLS of the whole process.
var weakening = []string{"tls10server=1", "tlsrsakex=1", "tls3des=1", "tlssha1=1", "tlsunsafeekm=1", "rsa1024min=0"}

// godebug finds the settings in the environment that weaken TLS for every connector and next
// hop. Later settings of a name win.
func godebug() source.Diagnostics {
	set := map[string]string{}
	for part := range strings.SplitSeq(os.Getenv("GODEBUG"), ",") {
		name, value, _ := strings.Cut(strings.TrimSpace(part), "=")
		set[name] = value
	}
	var found []string
	for _, setting := range weakening {
		if name, value, _ := strings.Cut(setting, "="); set[name] == value {
			found = append(found, setting)
		}
	}
	if len(found) == 0 {
		return nil
	}
	slices.Sort(found)
	return source.Diagnostics{{
		Severity: source.SeverityWarning, Code: codeGodebug,
		Detail: fmt.Sprintf("GODEBUG in the environment has %s, which weakens TLS for every connector and next hop", strings.Join(found, ",")),
		Fix:    "remove it, and set TlsMinimumVersion and TlsLegacyCipherSuites of the Receive connector for the devices that need it; later versions of Go ignore these settings",
	}}
}
