package proof_test

import (
	"fmt"
	"strings"

	"github.com/interchange-smtp/interchange/connector/proof"
)

// A certificate of one policy isn't accepted for another.
func ExampleVerify() {
	certificate, err := proof.Read(strings.NewReader(`{"Format":1,"Rules":1,"Policies":["00"],"Differences":0,"Listeners":[],"Connections":[],
"Classes":[],"Domains":[],"ClientNames":[],"AccessLists":[],"Offers":[],"Answers":[],"SizeLimits":[],"Routes":[]}`))
	if err != nil {
		fmt.Println(err)
		return
	}
	fmt.Println(proof.Verify(certificate, []byte("{}\n")))
	// Output: the certificate is of another policy, with the hash 00; the hash of this one is ca3d163bab055381827226140568f3bef7eaac187cebd76878e0b63e9e442356
}
