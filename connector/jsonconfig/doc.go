// Package jsonconfig reads and writes a connector.Config as strict JSON.
//
// The keys are the field names of the Config's structs, which are Exchange's
// parameter names, in exactly that spelling. A key that is left out, or null,
// leaves the parameter at its documented default. Values are written as
// Exchange writes them:
//
//	{
//	  "Server": "HubA",
//	  "Receive": [{
//	    "Name": "FromInternetGateway",
//	    "Bindings": ["10.2.3.4:25"],
//	    "RemoteIPRanges": ["192.168.5.77"],
//	    "AuthMechanism": "Tls, BasicAuth, BasicAuthRequireTLS",
//	    "PermissionGroups": "AnonymousUsers",
//	    "MaxMessageSize": "36MB",
//	    "ConnectionTimeout": "00:10:00",
//	    "Permissions": [{
//	      "User": "NT AUTHORITY\\ANONYMOUS LOGON",
//	      "ExtendedRights": ["ms-Exch-SMTP-Accept-Any-Recipient"]
//	    }]
//	  }]
//	}
//
// Sizes and limits may be numbers, too. An entry of Permissions allows its
// rights, or denies them with "Deny": true.
//
// # Mistakes
//
// Unknown and duplicate keys, wrong types and bad values are all reported at
// once, as source.Diagnostics with file, line, column and path. Text that isn't JSON
// is reported at the first byte that can't be JSON. [Parse] returns nothing from a text
// with a mistake.
//
// [Compile] compiles the policy, too, and reports at the same time what
// connector.Compile finds wrong with the rest of the text. [Draft] does the same for a
// configuration that is read from several texts.
//
// # Secrets
//
// [Marshal] writes REDACTED for passwords, and [Parse] refuses that word as a
// password, so that an export can't be put into service with it by oversight.
// [MarshalWithSecrets] writes them out.
package jsonconfig
