package main

import (
	"crypto/tls"
	"errors"
	"flag"
	"fmt"
	"net"
	"net/netip"
	"strings"
)

// consoleFlags are the flags about the console in the browser.
type consoleFlags struct {
	flag      string // that has the address
	address   string // where it listens; "": nowhere
	users     string // the users file of the administrators; "": they log on by one-time links
	cert, key string
	hosts     list
	proxy     bool // a proxy on this machine is before the console
}

// register registers the flags; name is that of the one with the address.
func (f *consoleFlags) register(fs *flag.FlagSet, name, preset, usage string) {
	f.flag = "-" + name
	fs.StringVar(&f.address, name, preset, usage)
	fs.StringVar(&f.users, "console-users", "", "let the administrators in this users `FILE` log on at the console; groups such as \"Organization Management\" give their roles\n(default: a one-time link is printed)")
	fs.StringVar(&f.cert, "console-cert", "", "PEM `FILE` with a certificate for the console and its chain; browsers then use https")
	fs.StringVar(&f.key, "console-key", "", "PEM `FILE` with the private key of -console-cert. Both files are read again after a change")
	fs.Var(&f.hosts, "console-host", "a `NAME` by which browsers address the console; may be repeated (default: localhost, or the names in the certificate)")
	fs.BoolVar(&f.proxy, "console-proxy", false, "believe X-Forwarded-For and X-Forwarded-Proto: a proxy on this machine passes on the requests of browsers")
}

// consolePlace is an address at which the console can listen.
type consolePlace struct {
	network, address string
	local            bool // only programs on this machine reach it
}

// place returns where the console listens.
func (f *consoleFlags) place() (p consolePlace, err error) {
	if path, ok := strings.CutPrefix(f.address, "unix:"); ok {
		if path == "" {
			return p, fmt.Errorf("%s unix: has no path; give one, as in unix:/run/interchange/console", f.flag)
		}
		return consolePlace{"unix", path, true}, nil
	}
	host, port, err := net.SplitHostPort(f.address)
	if err != nil || port == "" {
		return p, fmt.Errorf("%s %s: give an address with its port, as in 127.0.0.1:8025, or unix:PATH", f.flag, f.address)
	}
	if strings.EqualFold(host, "localhost") { // whatever it resolves to
		host = "127.0.0.1"
	}
	ip, err := netip.ParseAddr(host)
	return consolePlace{"tcp", net.JoinHostPort(host, port), err == nil && ip.Unmap().IsLoopback()}, nil
}

// check returns an error if the flags don't fit together. shared says that the certificates of -cert can be used.
func (f *consoleFlags) check(shared bool) error {
	if f.address == "" {
		for _, one := range []struct {
			name  string
			given bool
		}{
			{"-console-users", f.users != ""}, {"-console-cert", f.cert != ""}, {"-console-key", f.key != ""},
			{"-console-host", len(f.hosts) > 0}, {"-console-proxy", f.proxy},
		} {
			if one.given {
				return fmt.Errorf("%s has no effect without %s; give the address of the console", one.name, f.flag)
			}
		}
		return nil
	}
	p, err := f.place()
	switch {
	case err != nil:
		return err
	case f.cert != "" && f.key == "":
		return errors.New("-console-cert: give its -console-key, too")
	case f.key != "" && f.cert == "":
		return errors.New("-console-key: give its -console-cert, too")
	case p.local:
		return nil
	case f.proxy:
		return fmt.Errorf("-console-proxy: every machine that reaches %s could claim to be another one; let the console listen for the proxy only, as with %s 127.0.0.1:8025", f.address, f.flag)
	}
	var missing []string
	if f.users == "" {
		missing = append(missing, "-console-users")
	}
	if f.cert == "" && !shared {
		missing = append(missing, "-console-cert with -console-key"+f.orShared())
	}
	if len(missing) == 0 {
		return nil
	}
	_, port, _ := net.SplitHostPort(p.address) // place has done it
	return fmt.Errorf("%s %s: other machines can reach this address, so the console needs users and TLS there: give %s; or give 127.0.0.1:%s, and reach it from another machine by ssh -L %[4]s:127.0.0.1:%[4]s",
		f.flag, f.address, strings.Join(missing, ", and "), port)
}

// secrets are the files that only the gateway should be able to read.
func (f *consoleFlags) secrets() []secretFile {
	return []secretFile{{f.users, "hashes of the administrators' passwords"}, {f.key, "the private key of the console"}}
}

// orShared names the other flags for a certificate, which serve has.
func (f *consoleFlags) orShared() string {
	if f.flag == "-console" {
		return " (or -cert with -key)"
	}
	return ""
}

// names returns the names by which browsers may address the console at p, the first for links. The certificates
// are those that it shows.
func (f *consoleFlags) names(p consolePlace, shown []tls.Certificate) ([]string, error) {
	names := append([]string{}, f.hosts...)
	if len(names) == 0 {
		for _, c := range shown {
			if c.Leaf == nil {
				continue
			}
			for _, name := range c.Leaf.DNSNames {
				if !strings.HasPrefix(name, "*.") {
					names = append(names, name)
				}
			}
			for _, ip := range c.Leaf.IPAddresses {
				names = append(names, ip.String())
			}
		}
	}
	if p.local {
		names = append(names, "localhost", "127.0.0.1", "[::1]")
		if host, _, err := net.SplitHostPort(p.address); err == nil {
			names = append(names, host) // another address of 127.0.0.0/8
		}
	}
	if len(names) == 0 {
		return nil, fmt.Errorf("%s %s: the certificate has no name of one host; give the name by which browsers address the console with -console-host", f.flag, f.address)
	}
	return names, nil
}
