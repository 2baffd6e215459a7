package main

import (
	"crypto/tls"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"time"

	"github.com/interchange-smtp/interchange/connector/source"
)

// keyPair names the PEM files of a certificate with its chain, and of its key.
type keyPair struct{ cert, key string }

// keyPairs returns the files that -cert and -key name. Each -cert that is a directory stands
// for the pairs in it; the others have the -key at the same place among the keys.
func keyPairs(certs, keys []string) (pairs []keyPair, err error) {
	for _, cert := range certs {
		if info, err := os.Stat(cert); err == nil && info.IsDir() {
			inside, err := pairsIn(cert)
			if err != nil {
				return nil, err
			}
			pairs = append(pairs, inside...)
			continue
		}
		if len(keys) == 0 {
			return nil, fmt.Errorf("-cert %s: give its -key, too", cert)
		}
		pairs = append(pairs, keyPair{cert, keys[0]})
		keys = keys[1:]
	}
	if len(keys) > 0 {
		return nil, fmt.Errorf("-key %s: give its -cert, too", keys[0])
	}
	return pairs, nil
}

// pairsIn returns the pairs in a directory: NAME.pem or NAME.crt with NAME.key, and
// NAME/fullchain.pem with NAME/privkey.pem, as certbot keeps them.
func pairsIn(dir string) (pairs []keyPair, err error) {
	entries, err := os.ReadDir(dir)
	if err != nil {
		return nil, fmt.Errorf("-cert %w", source.FileError(dir, err))
	}
	for _, e := range entries {
		path := filepath.Join(dir, e.Name())
		pair := keyPair{filepath.Join(path, "fullchain.pem"), filepath.Join(path, "privkey.pem")}
		if ext := filepath.Ext(path); ext == ".pem" || ext == ".crt" {
			pair = keyPair{path, strings.TrimSuffix(path, ext) + ".key"}
		}
		if exists(pair.cert) && exists(pair.key) {
			pairs = append(pairs, pair)
		}
	}
	if len(pairs) == 0 {
		return nil, fmt.Errorf("-cert %s: the directory has no certificate with its key; they are NAME.pem and NAME.key, or NAME/fullchain.pem and NAME/privkey.pem", dir)
	}
	return pairs, nil
}

func exists(file string) bool {
	_, err := os.Stat(file)
	return err == nil
}

// loadCertificates reads the certificates and keys of -cert and -key, in the order of the
// pairs. Errors name the flags and the files.
func loadCertificates(certs, keys []string) (all []tls.Certificate, pairs []keyPair, err error) {
	if pairs, err = keyPairs(certs, keys); err != nil {
		return nil, nil, err
	}
	var errs []error
	for _, p := range pairs {
		c, err := loadCertificate(p.cert, p.key)
		errs = append(errs, err)
		all = append(all, c)
	}
	if err := errors.Join(errs...); err != nil {
		return nil, nil, err
	}
	return all, pairs, nil
}

// stampOf returns a text that changes when a file of the pairs does, or when a directory of
// -cert gets another pair.
func stampOf(certs, keys []string) string {
	pairs, err := keyPairs(certs, keys)
	if err != nil {
		return err.Error()
	}
	var b strings.Builder
	for _, p := range pairs {
		for _, file := range []string{p.cert, p.key} {
			fmt.Fprintf(&b, "%s ", file)
			if info, err := os.Stat(file); err == nil { // of the file that a link leads to
				fmt.Fprintf(&b, "%d %s", info.Size(), info.ModTime().Format(time.RFC3339Nano))
			}
			b.WriteByte('\n')
		}
	}
	return b.String()
}
