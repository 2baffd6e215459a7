package exchange

import (
	"fmt"

	"github.com/interchange-smtp/interchange/connector"
	"github.com/interchange-smtp/interchange/connector/param"
	"github.com/interchange-smtp/interchange/connector/shell/internal/object"
	"github.com/interchange-smtp/interchange/routing"
)

type accepted = routing.AcceptedDomain

// remoteDomain is a remote domain. Beside what senders there are told of their
// mail, its parameters shape message formats and automatic replies, which are made
// by mailbox servers, so those are kept.
type remoteDomain = connector.RemoteDomain

const (
	noDirectory = "there is no directory to look recipients up in"
	noMailboxes = "mailbox servers do that, and there are none here"
)

// acceptedRows are the parameters of New-, Set-, Get- and Remove-AcceptedDomain.
var acceptedRows = []row[accepted]{
	{Info: identity("AcceptedDomain", "name, distinguished name or GUID")},
	{Info: Info{Name: "Name", In: newSet, Range: "up to 64 characters, unique", Here: Enforced, Position: 1, Mandatory: New}, access: optional(text, func(d *accepted) *string { return &d.Name })},
	{Info: Info{Name: "DomainName", In: New, Range: "domain, *.domain or *", Here: Enforced, Mandatory: New}, access: optional(subdomains, func(d *accepted) *string { return &d.DomainName })},
	{Info: Info{Name: "DomainType", In: newSet, Default: "Authoritative", Here: Enforced}, access: enum(domainTypes, func(d *accepted) *routing.DomainType { return &d.DomainType })},
	{Info: Info{Name: "MakeDefault", In: Set, Range: "one is the default", Default: "the first domain", Here: Enforced}, access: makeDefault},
	{Info: Info{Name: "AddressBookEnabled", In: Set, Default: "$true", Here: Kept, Why: noDirectory}, access: keepFlag[accepted]()},
	{Info: Info{Name: "MatchSubDomains", In: Set, Default: "$false", Since: from16, Here: Enforced}, access: flag(func(d *accepted) *bool { return &d.MatchSubDomains })},
	{Info: Info{Name: "PendingRemoval", In: Set, Default: "$false", Since: from13, Here: Kept, Why: "it is reserved in Exchange"}, access: keepFlag[accepted]()},
	{Info: Info{Name: "PendingCompletion", In: Set, Default: "$false", Since: from13, Here: Kept, Why: "it is reserved in Exchange"}, access: keepFlag[accepted]()},
	{Info: Info{Name: "ResultSize", In: Get, Type: "Unlimited<Int32>", Default: "Unlimited", Here: Enforced}},
	{Info: domainController},
}

// makeDefault is -MakeDefault: the mark moves to a domain, and never just away.
var makeDefault = access[accepted]{
	kind: "Boolean",
	set: func(it *item[accepted], _ string, v object.Value) error {
		b, err := boolean(v)
		if err != nil {
			return err
		}
		if it.cfg.Default && !b {
			return fmt.Errorf("%q is the default domain; make another one the default", it.cfg.Name)
		}
		it.cfg.Default = b
		return nil
	},
	get: func(_ *item[accepted], full *accepted, _ string) object.Value { return full.Default },
}

// remoteRows are the parameters of New-, Set-, Get- and Remove-RemoteDomain.
var remoteRows = []row[remoteDomain]{
	{Info: identity("RemoteDomain", "name, distinguished name or GUID")},
	{Info: Info{Name: "Name", In: newSet, Range: "up to 64 characters, unique", Here: Enforced, Position: 1, Mandatory: New}, access: optional(text, func(d *remoteDomain) *string { return &d.Name })},
	{Info: Info{Name: "DomainName", In: New, Range: "domain, *.domain or *", Here: Enforced, Mandatory: New}, access: optional(remoteName, func(d *remoteDomain) *string { return &d.DomainName })},
	{Info: keptInfo("AllowedOOFType", "External", noMailboxes), access: keep[remoteDomain](words("AllowedOOFType", "External", "ExternalLegacy", "InternalLegacy", "None"), nil)},
	{Info: keptInfo("IsInternal", "$false", noMailboxes), access: keepFlag[remoteDomain]()},
	{Info: keptInfo("AutoForwardEnabled", "$true", noMailboxes), access: keepFlag[remoteDomain]()},
	{Info: keptInfo("AutoReplyEnabled", "$true", noMailboxes), access: keepFlag[remoteDomain]()},
	{Info: enforcedInfo("NDREnabled", "$true", "whether senders there are told what failed"), access: flagSetting(func(d *remoteDomain) *onOff { return &d.NDREnabled })},
	{Info: enforcedInfo("DeliveryReportEnabled", "$true", "whether senders there are told what was delivered"), access: flagSetting(func(d *remoteDomain) *onOff { return &d.DeliveryReportEnabled })},
	{Info: keptInfo("NDRDiagnosticInfoEnabled", "$true", noMailboxes), access: keepFlag[remoteDomain]()},
	{Info: keptInfo("MeetingForwardNotificationEnabled", "$true", noMailboxes), access: keepFlag[remoteDomain]()},
	{Info: keptInfo("DisplaySenderName", "$true", noMailboxes), access: keepFlag[remoteDomain]()},
	{Info: keptInfo("TNEFEnabled", "", noMailboxes), access: keepNullable()},
	{Info: keptInfo("TrustedMailInboundEnabled", "$false", "there is no content filter to skip"), access: keepFlag[remoteDomain]()},
	{Info: keptInfo("TrustedMailOutboundEnabled", "$false", noMailboxes), access: keepFlag[remoteDomain]()},
	{Info: keptInfo("TargetDeliveryDomain", "$false", "hybrid deployments don't exist here"), access: keepFlag[remoteDomain]()},
	{Info: keptInfo("UseSimpleDisplayName", "$false", noMailboxes), access: keepFlag[remoteDomain]()},
	{Info: keptInfo("ContentType", "MimeHtmlText", noMailboxes), access: keep[remoteDomain](words("ContentType", "MimeHtmlText", "MimeText", "MimeHtml"), nil)},
	{Info: ranged(keptInfo("LineWrapSize", "Unlimited", noMailboxes), "0 to 132 or unlimited"), access: keep[remoteDomain](limit, atMost(132))},
	{Info: keptInfo("CharacterSet", "", noMailboxes), access: keep[remoteDomain](text, nil)},
	{Info: keptInfo("NonMimeCharacterSet", "", noMailboxes), access: keep[remoteDomain](text, nil)},
	{Info: keptInfo("ByteEncoderTypeFor7BitCharsets", "Undefined", noMailboxes), access: keep[remoteDomain](words("ByteEncoderTypeFor7BitCharsets",
		"Use7Bit", "UseQP", "UseBase64", "UseQPHtmlDetectTextPlain", "UseBase64HtmlDetectTextPlain", "UseQPHtml7BitTextPlain", "UseBase64Html7BitTextPlain", "Undefined"), nil)},
	{Info: since(from13, keptInfo("MessageCountThreshold", "2147483647", noMailboxes)), access: keep[remoteDomain](integer, nil)},
	{Info: since(only10, keptInfo("IsCoexistenceDomain", "$false", "hybrid deployments don't exist here")), access: keepFlag[remoteDomain]()},
	{Info: Info{Name: "ResultSize", In: Get, Type: "Unlimited<Int32>", Default: "Unlimited", Here: Enforced}},
	{Info: domainController},
}

// remoteName is a domain as accepted domains have it.
var remoteName = kind[string]{name: "SmtpDomainWithSubdomains", show: showText, parse: func(s string) (string, error) {
	if _, err := routing.NewAccepted(accepted{DomainName: s}); err != nil {
		return "", fmt.Errorf("%q is no domain, *.domain or *", s)
	}
	return s, nil
}}

// keepNullable is keepFlag for TNEFEnabled, which has three states.
func keepNullable() access[remoteDomain] {
	a := keepFlag[remoteDomain]()
	set := a.set
	a.set = func(it *item[remoteDomain], name string, v object.Value) error {
		if v == nil {
			it.keep(name, nil)
			return nil
		}
		return set(it, name, v)
	}
	a.fallback = func(string) object.Value { return nil }
	return a
}

// keptInfo is a parameter of Set that is kept only.
func keptInfo(name, def, why string) Info {
	return Info{Name: name, In: Set, Default: def, Here: Kept, Why: why}
}

// enforcedInfo is a parameter of Set that has an effect.
func enforcedInfo(name, def, why string) Info {
	return Info{Name: name, In: Set, Default: def, Here: Enforced, Why: why}
}

func ranged(i Info, r string) Info { i.Range = r; return i }

func since(editions string, i Info) Info { i.Since = editions; return i }

func onEdge(i Info, def string) Info { i.DefaultEdge = def; return i }

func by2007(i Info, def string) Info { i.Default2007 = def; return i }

// atMost limits counts from above; Unlimited always passes.
func atMost(high param.Limit) func(param.Limit) error {
	return func(l param.Limit) error {
		if l > high {
			return fmt.Errorf("%d is out of range; give 0 to %d, or Unlimited", l, high)
		}
		return nil
	}
}
