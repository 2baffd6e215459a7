package jsonconfig_test

import (
	"fmt"

	"github.com/interchange-smtp/interchange/connector"
	"github.com/interchange-smtp/interchange/connector/jsonconfig"
	"github.com/interchange-smtp/interchange/connector/param"
	"github.com/interchange-smtp/interchange/permission"
)

func ExampleParse_mistakes() {
	_, err := jsonconfig.Parse("gateway.json", []byte(`{
  "Receive": [{
    "Name": "Relay",
    "Bindings": ["10.2.3.4:25"],
    "RemoteIPRange": ["192.168.5.77"],
    "ConnectionTimeout": "soon"
  }]
}`))
	fmt.Println(err)
	// Output:
	// gateway.json:5:5: Receive["Relay"]: there is no parameter "RemoteIPRange" here; RemoteIPRanges is one (parameter-unknown)
	// gateway.json:6:26: Receive["Relay"].ConnectionTimeout: time span "soon": the form is hh:mm:ss or d.hh:mm:ss (value-invalid)
}

// All mistakes at once, those of the text and those of the policy, with the
// place of each.
func ExampleCompile() {
	_, err := jsonconfig.Compile("gateway.json", []byte(`{
  "Receive": [{
    "Name": "Relay",
    "Bindings": ["10.2.3.4:25"],
    "RemoteIPRange": ["192.168.5.77"],
    "AuthMechanism": "BasicAuthRequireTLS",
    "MaxHopCount": 501
  }]
}`))
	fmt.Println(err)
	// Output:
	// gateway.json:5:5: Receive["Relay"]: there is no parameter "RemoteIPRange" here; RemoteIPRanges is one (parameter-unknown)
	// gateway.json:6:22: Receive["Relay"].AuthMechanism: BasicAuthRequireTLS needs BasicAuth and Tls beside it; give Tls, BasicAuth, BasicAuthRequireTLS (auth-needs-tls)
	// gateway.json:7:20: Receive["Relay"].MaxHopCount: 501 is out of range; give 1 to 500 (out-of-range)
}

func ExampleMarshal() {
	text, err := jsonconfig.Marshal(connector.Config{
		Profile: permission.Exchange2007,
		Receive: []connector.Receive{{
			Name:             "Relay",
			RemoteIPRanges:   []param.Range{param.MustParseRange("192.168.5.77")},
			PermissionGroups: param.Value(permission.AnonymousUsers),
			MaxMessageSize:   36 * param.MB,
			Permissions:      []permission.Grant{{To: permission.SIDAnonymous, Allow: permission.SetOf(permission.AcceptAnyRecipient)}},
		}},
	})
	fmt.Printf("%s%v\n", text, err)
	// Output:
	// {
	//   "Profile": "Exchange2007",
	//   "Receive": [
	//     {
	//       "Name": "Relay",
	//       "RemoteIPRanges": [
	//         "192.168.5.77"
	//       ],
	//       "PermissionGroups": "AnonymousUsers",
	//       "Permissions": [
	//         {
	//           "User": "NT AUTHORITY\\ANONYMOUS LOGON",
	//           "ExtendedRights": [
	//             "ms-Exch-SMTP-Accept-Any-Recipient"
	//           ]
	//         }
	//       ],
	//       "MaxMessageSize": "36MB"
	//     }
	//   ]
	// }
	// <nil>
}
