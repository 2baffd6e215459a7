package main

import (
	"flag"
	"fmt"

	"github.com/interchange-smtp/interchange/connector/param"
)

// peerFlags name the peers whose word is taken for the addresses of a connection.
type peerFlags struct {
	proxyFrom   rangeList
	xclientFrom rangeList
}

func (f *peerFlags) register(fs *flag.FlagSet) {
	fs.Var(&f.proxyFrom, "proxy-from", "`RANGE` of the load balancers that say by the PROXY protocol who their clients are; they must, and others can't; may be repeated")
	fs.Var(&f.xclientFrom, "xclient-from", "`RANGE` of the testers that may say by XCLIENT which client they stand for, with its rights; may be repeated")
}

// rangeList is a flag that may be repeated, with addresses as in RemoteIPRanges.
type rangeList []param.Range

// String implements flag.Value.
func (l *rangeList) String() string { return fmt.Sprint([]param.Range(*l)) }

// Set implements flag.Value.
func (l *rangeList) Set(text string) error {
	r, err := param.ParseRange(text)
	if err != nil {
		return err
	}
	for _, all := range []string{"0.0.0.0/0", "::/0"} {
		if r.Covers(param.MustParseRange(all)) {
			return fmt.Errorf("%s has every address, and any client could choose the address it has; name the hosts", text)
		}
	}
	*l = append(*l, r)
	return nil
}
