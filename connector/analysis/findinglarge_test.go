package analysis_test

import (
	"fmt"
	"runtime"
	"testing"
	"time"

	"github.com/interchange-smtp/interchange/auth"
	"github.com/interchange-smtp/interchange/connector"
	"github.com/interchange-smtp/interchange/connector/analysis"
	"github.com/interchange-smtp/interchange/connector/param"
	"github.com/interchange-smtp/interchange/permission"
	"github.com/interchange-smtp/interchange/routing"
)

// faulty is large with something to find about every connector, range, address
// space and accepted domain.
func faulty(n int) connector.Config {
	cfg := large(n)
	for i := range cfg.Receive {
		c := &cfg.Receive[i]
		c.AuthMechanism = param.Value(auth.TLS | auth.BasicAuth)
		c.OrarEnabled = true
		c.Permissions = append(c.Permissions, allow(permission.SIDAnonymous, permission.AcceptAnyRecipient), allow(permission.SIDPartners, permission.Submit))
		// Half of each range is the next connector's, too.
		for j, g := range cfg.Receive[(i+1)%n].RemoteIPRanges {
			if j%2 == 0 {
				c.RemoteIPRanges[j] = param.MustParseRange(g.Low().Prev().String() + "-" + g.High().Prev().String())
			}
		}
		if i%3 == 0 {
			c.Bindings = bindings(fmt.Sprintf("10.0.0.%d:25", i%8))
		}
	}
	for i := range cfg.Send {
		for j := range 50 {
			name := fmt.Sprintf("d%d.example%d.net", j*1000+i, i%7)
			cfg.Accepted = append(cfg.Accepted, routing.AcceptedDomain{DomainName: "x." + name, DomainType: routing.ExternalRelay})
			// The next connector has it as well, dearer.
			next := &cfg.Send[(i+1)%len(cfg.Send)]
			next.AddressSpaces[j] = routing.MustParseAddressSpace("*." + name + ";7")
		}
	}
	return cfg
}

// BenchmarkCheck looks at a policy of 1,000 Receive connectors with 10,000 ranges and
// 10,000 address spaces. It reports how many findings there are and the live memory
// at the end.
func BenchmarkCheck(b *testing.B) {
	for _, bb := range []struct {
		name string
		cfg  connector.Config
	}{{"sound", large(1000)}, {"faulty", faulty(1000)}} {
		b.Run(bb.name, func(b *testing.B) {
			p := compiled(b, bb.cfg)
			var found []analysis.Finding
			b.ReportAllocs()
			for b.Loop() {
				found = analysis.Check(p, analysis.Options{Now: time.Unix(0, 0)})
			}
			var m runtime.MemStats
			runtime.ReadMemStats(&m)
			b.ReportMetric(float64(len(found)), "findings")
			b.ReportMetric(float64(m.HeapSys)/(1<<20), "heap-MiB")
		})
	}
}
