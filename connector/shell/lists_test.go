package shell_test

import (
	"context"
	"strings"
	"testing"

	"github.com/interchange-smtp/interchange/connector/shell"
)

// TestListsChangeWhatIsInEffect wants @{Add} and @{Remove} to change the list that
// a connector has, be it given or the default: a connector for everybody that is
// given one more range must not be left with that range alone.
func TestListsChangeWhatIsInEffect(t *testing.T) {
	var out strings.Builder
	in := shell.New(shell.Options{Out: &out, Bare: true})
	err := in.Run(context.Background(), "", []byte(`
New-ReceiveConnector -Name R -Usage Internet -Bindings 10.0.0.1:25 | Out-Null
Set-ReceiveConnector R -RemoteIPRanges @{Add="2001:db8::/32"}
"$((Get-ReceiveConnector R).RemoteIPRanges)"
Set-ReceiveConnector R -RemoteIPRanges @{Remove="0.0.0.0-255.255.255.255"}
"$((Get-ReceiveConnector R).RemoteIPRanges)"
New-ReceiveConnector -Name C -Usage Client -RemoteIPRanges 10.0.0.0/8 | Out-Null
Set-ReceiveConnector C -Bindings @{Add="0.0.0.0:2587"}
"$((Get-ReceiveConnector C).Bindings)"
New-SendConnector -Name S -AddressSpaces * -SmartHosts 10.0.0.9 | Out-Null
Set-SendConnector S -SourceTransportServers @{Add="EX02"} -WarningAction SilentlyContinue
"$((Get-SendConnector S).SourceTransportServers)"
`))
	if err != nil {
		t.Fatal(err)
	}
	const want = "0.0.0.0-255.255.255.255 2001:db8::/32\n2001:db8::/32\n0.0.0.0:587 0.0.0.0:2587\nlocalhost EX02\n"
	if out.String() != want {
		t.Errorf("got\n%swant\n%s", &out, want)
	}
}
