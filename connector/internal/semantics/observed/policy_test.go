package observed_test

import (
	"math/rand/v2"
	"testing"

	"github.com/interchange-smtp/interchange/connector/internal/semantics/observed"
	"github.com/interchange-smtp/interchange/internal/policygen"
)

func FuzzRead(f *testing.F) {
	r := rand.New(rand.NewPCG(1, 2))
	for range 5 {
		f.Add(textOf(f, policygen.Wide(r)))
	}
	f.Add([]byte(`{"Receive":[{"Name":"A","Bindings":["[::]:25"],"RemoteIPRanges":["::/0"]}]}`))
	f.Fuzz(func(t *testing.T, text []byte) {
		p, err := observed.Read(text)
		if err != nil {
			return
		}
		d := newDrawer(rand.New(rand.NewPCG(3, 4)), p)
		for range 5 {
			s := d.session()
			p.Decide(s)
			p.Observables(s)
			p.Offers(s.Local, s.Remote, s.TLS)
		}
	})
}
