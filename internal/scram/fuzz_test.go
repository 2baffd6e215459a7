package scram

import (
	"crypto/hmac"
	"crypto/pbkdf2"
	"crypto/sha256"
	"encoding/base64"
	"strconv"
	"strings"
	"testing"

	"github.com/xdg-go/scram"
)

// FuzzClient: whatever a server says, it proves that it knows the password only by the
// signature of RFC 5802, section 3, for its own salt and rounds; the client doesn't give the
// password away, and doesn't go on after the end.
func FuzzClient(f *testing.F) {
	f.Add(serverFirst, serverFinal)
	f.Add("r="+clientNonce+"x,s=AA==,i=1", "v=AA==")
	f.Add(serverFirst, "e=other-error")
	f.Add("m=ext,"+serverFirst, "v=")
	f.Add("r="+clientNonce+",s=,i=-1", "v=,x=")
	f.Fuzz(func(t *testing.T, first, final string) {
		if rounds := roundsOf(first); rounds > 5000 && rounds <= maxRounds {
			t.Skip("takes long")
		}
		made, err := scram.SHA256.NewClient("user", "pencil", "")
		if err != nil {
			t.Fatal(err)
		}
		c := begin(made.WithNonceGenerator(func() string { return clientNonce }), nil, false)
		if _, err := c.Start(); err != nil {
			t.Fatal(err)
		}
		proof, err := c.Next([]byte(first))
		if err != nil || c.Proved() {
			if proof != nil || c.Proved() {
				t.Fatalf("%q, %v, proved %v", proof, err, c.Proved())
			}
			return
		}
		if roundsOf(first) > maxRounds || !strings.HasPrefix(string(proof), "c=biws,r="+clientNonce) || strings.Contains(string(proof), "pencil") != strings.Contains(first, "pencil") {
			t.Fatalf("%q is answered with %q", first, proof)
		}
		answer, err := c.Next([]byte(final))
		if right := signature(first, string(proof)); c.Proved() != (err == nil) || c.Proved() && !strings.HasPrefix(final+",", right+",") || len(answer) > 0 {
			t.Fatalf("%q, %v, proved %v; the signature is %s", answer, err, c.Proved(), right)
		}
		if _, err := c.Next([]byte(final)); err == nil {
			t.Fatal("went on after the end")
		}
	})
}

// signature is the message of a server that knows the password, after its first message and the
// client's answer; "" if the salt isn't base64.
func signature(first, answer string) string {
	field := func(name string) string {
		_, value, _ := strings.Cut(first, ","+name+"=")
		value, _, _ = strings.Cut(value, ",")
		return value
	}
	salt, err := base64.StdEncoding.DecodeString(field("s"))
	if err != nil {
		return ""
	}
	mac := func(key []byte, text string) []byte {
		m := hmac.New(sha256.New, key)
		m.Write([]byte(text))
		return m.Sum(nil)
	}
	salted, err := pbkdf2.Key(sha256.New, "pencil", salt, roundsOf(first), sha256.Size)
	if err != nil {
		return ""
	}
	withoutProof, _, _ := strings.Cut(answer, ",p=")
	sum := mac(mac(salted, "Server Key"), strings.TrimPrefix(clientFirst, "n,,")+","+first+","+withoutProof)
	return "v=" + base64.StdEncoding.EncodeToString(sum)
}

// roundsOf returns the rounds of a server's first message; 0 if they can't be read.
func roundsOf(first string) int {
	_, value, _ := strings.Cut(first, ",i=")
	value, _, _ = strings.Cut(value, ",")
	n, err := strconv.Atoi(value)
	if err != nil {
		return 0
	}
	return n
}
