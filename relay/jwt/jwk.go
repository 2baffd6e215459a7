package jwt

import (
	"crypto"
	"crypto/ecdsa"
	"crypto/ed25519"
	"crypto/elliptic"
	"crypto/rsa"
	"encoding/base64"
	"encoding/json"
	"errors"
	"fmt"
	"math/big"
	"slices"
)

// Bounds of a set of keys.
const (
	maxSet     = 1 << 20 // bytes
	maxKeys    = 200
	minRSABits = 2048
	maxRSABits = 8192
)

// key is a public key and the one algorithm that it is for.
type key struct {
	kid, alg string
	public   crypto.PublicKey
}

// jwk is a JSON Web Key (RFC 7517, RFC 7518, RFC 8037).
type jwk struct {
	Kty    string   `json:"kty"`
	Use    string   `json:"use"`
	KeyOps []string `json:"key_ops"`
	Alg    string   `json:"alg"`
	Kid    string   `json:"kid"`
	Crv    string   `json:"crv"`
	N      string   `json:"n"`
	E      string   `json:"e"`
	X      string   `json:"x"`
	Y      string   `json:"y"`
}

// parseKeys reads a JSON Web Key Set. Keys that can't check a token's signature are left out:
// those of other kinds, those for encryption, those that are broken or too short.
func parseKeys(data []byte) ([]key, error) {
	var set struct {
		Keys []json.RawMessage `json:"keys"`
	}
	if err := json.Unmarshal(data, &set); err != nil || set.Keys == nil {
		return nil, errors.New(`no JSON Web Key Set; it has the form {"keys": [...]}`)
	}
	if len(set.Keys) > maxKeys {
		return nil, fmt.Errorf("%d keys; the limit is %d", len(set.Keys), maxKeys)
	}
	var all []key
	var first error // why a key is left out
	for i, raw := range set.Keys {
		k, err := parseKey(raw)
		if err == nil {
			all = append(all, k)
		} else if first == nil {
			first = fmt.Errorf("key %d: %w", i+1, err)
		}
	}
	if len(all) == 0 {
		return nil, errors.Join(fmt.Errorf("no key for %s, %s or %s", algRSA, algECDSA, algEd25519), first)
	}
	return all, nil
}

func parseKey(raw json.RawMessage) (key, error) {
	var j jwk
	if err := json.Unmarshal(raw, &j); err != nil {
		return key{}, errors.New("not a JSON Web Key")
	}
	k := key{kid: j.Kid}
	var err error
	switch {
	case j.Use != "" && j.Use != "sig" || j.KeyOps != nil && !slices.Contains(j.KeyOps, "verify"):
		return key{}, errors.New("not for signatures")
	case j.Kty == "RSA":
		k.alg = algRSA
		k.public, err = rsaKey(j)
	case j.Kty == "EC" && j.Crv == "P-256":
		k.alg = algECDSA
		k.public, err = ecKey(j)
	case j.Kty == "OKP" && j.Crv == "Ed25519":
		k.alg = algEd25519
		k.public, err = edKey(j)
	default:
		return key{}, fmt.Errorf("kind %.20q of curve %.20q", j.Kty, j.Crv)
	}
	if err == nil && j.Alg != "" && j.Alg != k.alg {
		err = fmt.Errorf("for the algorithm %.20q", j.Alg)
	}
	return k, err
}

func rsaKey(j jwk) (crypto.PublicKey, error) {
	n, err := number(j.N)
	if err != nil {
		return nil, err
	}
	e, err := number(j.E)
	switch {
	case err != nil:
		return nil, err
	case n.BitLen() < minRSABits || n.BitLen() > maxRSABits || n.Bit(0) == 0:
		return nil, fmt.Errorf("a modulus of %d bits; the limits are %d and %d", n.BitLen(), minRSABits, maxRSABits)
	case e.BitLen() > 31 || e.Int64() < 3 || e.Bit(0) == 0:
		return nil, errors.New("a broken exponent")
	}
	return &rsa.PublicKey{N: n, E: int(e.Int64())}, nil
}

func ecKey(j jwk) (crypto.PublicKey, error) {
	x, errX := decode(j.X)
	y, errY := decode(j.Y)
	const size = 32
	if errX != nil || errY != nil || len(x) != size || len(y) != size {
		return nil, errors.New("a broken point")
	}
	return ecdsa.ParseUncompressedPublicKey(elliptic.P256(), slices.Concat([]byte{4}, x, y))
}

func edKey(j jwk) (crypto.PublicKey, error) {
	x, err := decode(j.X)
	if err != nil || len(x) != ed25519.PublicKeySize {
		return nil, errors.New("a broken point")
	}
	return ed25519.PublicKey(x), nil
}

func number(s string) (*big.Int, error) {
	b, err := decode(s)
	if err != nil || len(b) == 0 || len(b) > maxRSABits/8+1 {
		return nil, errors.New("a broken number")
	}
	return new(big.Int).SetBytes(b), nil
}

func decode(s string) ([]byte, error) { return base64.RawURLEncoding.DecodeString(s) }
