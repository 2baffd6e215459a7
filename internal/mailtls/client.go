package mailtls

import (
	"crypto/tls"
	"errors"
	"net"
	"slices"
	"strconv"
	"strings"
)

// ClientFailure returns err, the error of a client's handshake with config, as a *[Failure]: the
// server's answer, and what the server was offered. Errors whose own words are no worse, those
// of certificates among them, are returned unchanged.
func ClientFailure(err error, config *tls.Config) error {
	if why := clientReason(err, config); why != "" {
		return &Failure{why, err}
	}
	return err
}

// clientReason returns the words for err; "" if its own are no worse.
func clientReason(err error, config *tls.Config) string {
	var record tls.RecordHeaderError
	var remote *net.OpError
	switch {
	case errors.As(err, &record):
		return "the next hop doesn't answer with TLS"
	case errors.As(err, &remote) && remote.Op == "remote error":
		return "the next hop refused: " + plain(remote.Err) + offeredBy(plain(remote.Err), config)
	}
	text := err.Error()
	if _, number, ok := strings.Cut(text, "server selected unsupported protocol version "); ok {
		if v, err := strconv.ParseUint(number, 16, 16); err == nil {
			return "the next hop speaks " + versions([]uint16{uint16(v)}) + " at most; " + tls.VersionName(oldestOf(config)) + " or later is required"
		}
	}
	if strings.Contains(text, "server chose an unconfigured cipher suite") {
		return "the next hop chose a cipher suite that it wasn't offered; it was offered " + suiteNames(config.CipherSuites)
	}
	return ""
}

// offeredBy says what config offers, if an alert is about that; else "".
func offeredBy(alert string, config *tls.Config) string {
	switch {
	case strings.Contains(alert, "protocol version"):
		return "; it was offered " + versions(versionsOf(config))
	case strings.Contains(alert, "handshake failure"), strings.Contains(alert, "insufficient security"):
		return "; it was offered " + versions(versionsOf(config)) + " with " + suiteNames(config.CipherSuites)
	}
	return ""
}

// oldestOf returns the oldest version that config offers.
func oldestOf(config *tls.Config) uint16 {
	if config.MinVersion == 0 {
		return tls.VersionTLS12
	}
	return config.MinVersion
}

// versionsOf returns the versions that config offers.
func versionsOf(config *tls.Config) []uint16 {
	all := []uint16{tls.VersionTLS10, tls.VersionTLS11, tls.VersionTLS12, tls.VersionTLS13}
	return slices.DeleteFunc(all, func(v uint16) bool {
		return v < oldestOf(config) || config.MaxVersion != 0 && v > config.MaxVersion
	})
}
