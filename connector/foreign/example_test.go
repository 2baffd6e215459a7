package foreign_test

import (
	"fmt"
	"os"

	"github.com/interchange-smtp/interchange/connector/foreign"
)

// A small main.cf without a master.cf: the account says what became of each setting.
func Example() {
	const main = `compatibility_level = 3.6
myhostname = relay.contoso.com
mydestination =
mynetworks = 10.1.0.0/16
relayhost = [smtp.fabrikam.com]
header_checks = regexp:/etc/postfix/checks
`
	missing := func(string) ([]byte, error) { return nil, os.ErrNotExist }
	result, err := foreign.Read("main.cf", []byte(main), missing)
	if err != nil {
		fmt.Println(err)
		return
	}
	for _, r := range result.Config.Receive {
		fmt.Println(r.Name, r.RemoteIPRanges)
	}
	for _, line := range result.Account {
		if line.Code == foreign.CodeNotPossible {
			fmt.Println(line.Summary())
		}
	}
	// Output:
	// smtp [0.0.0.0/0 ::/0]
	// smtp relay [10.1.0.0/16]
	// main.cf:1: master.cf: there is no master.cf beside this file, so only the service smtp at port 25 is taken (not-possible)
	// main.cf:6: header_checks: the content of messages isn't checked or changed here (not-possible)
}
