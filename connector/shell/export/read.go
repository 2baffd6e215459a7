package export

import (
	"cmp"
	"errors"
	"fmt"
	"reflect"
	"slices"
	"strings"

	"github.com/interchange-smtp/interchange/connector"
	"github.com/interchange-smtp/interchange/connector/internal/schema"
	"github.com/interchange-smtp/interchange/connector/param"
	"github.com/interchange-smtp/interchange/connector/shell/internal/format"
	"github.com/interchange-smtp/interchange/connector/shell/internal/object"
	"github.com/interchange-smtp/interchange/connector/source"
	"github.com/interchange-smtp/interchange/routing"
)

// Read reads one file. name is the file's name, for messages; its extension decides
// only if the content leaves the form open. The error is source.Diagnostics, and then
// the Export is nil.
func Read(name string, data []byte) (*Export, error) {
	var doc *format.Document
	var err error
	form := Detect(name, data)
	text, decodeErr := format.Decode(name, data)
	if decodeErr == nil && strings.TrimSpace(text) == "" {
		form = List // without objects, every cmdlet except Export-Clixml writes an empty file
	}
	line := tableLine(text)
	switch {
	case line > 0 && (form == List || form == Unknown):
		err = &format.Error{File: name, Line: line, Detail: "this is a table, whose cells are cut; export with Format-List *, or better with Export-Clixml"}
		form = Unknown
	case form == Unknown:
		err = &format.Error{File: name, Line: 1, Detail: "this isn't output of Format-List, Export-Csv, ConvertTo-Json or Export-Clixml"}
	}
	switch form {
	case List:
		doc, err = format.ParseList(name, data)
	case CSV:
		doc, err = format.ParseCSV(name, data)
	case JSON:
		doc, err = format.ParseJSON(name, data)
	case CLIXML:
		doc, err = format.ParseCLIXML(name, data)
	}
	if err != nil {
		bad := source.Wrap("", source.CodeSyntax, err)
		bad.Position = source.Position{File: name, Line: 1}
		if at := (*format.Error)(nil); errors.As(err, &at) {
			bad.Line, bad.Detail = at.Line, at.Detail
		}
		return nil, source.Diagnostics{bad}
	}
	r := &reader{doc: doc, export: &Export{Places: source.Map{}}, count: map[source.Path]int{}, origins: source.Map{}, reported: map[string]bool{}}
	r.read()
	if len(r.errors) > 0 {
		slices.SortStableFunc(r.errors, func(a, b source.Diagnostic) int { return a.Line - b.Line })
		return nil, r.errors
	}
	r.nameElements()
	return r.export, nil
}

func (r *reader) read() {
	found := len(r.doc.Values) == 0
	if found {
		r.reportOnce("", source.Diagnostic{Severity: source.SeverityNote, Position: r.at(1), Code: CodeNothingRead, Detail: "it holds no objects: there were none to export"})
	}
	for _, v := range r.doc.Values {
		o, ok := v.(*object.Object)
		if !ok {
			r.ignored(1, "values that aren't objects are ignored")
			continue
		}
		found = r.readObject(o) || found
	}
	if !found {
		r.errors = append(r.errors, source.Diagnostic{Severity: source.SeverityError, Position: r.at(1), Code: CodeNothingRead, Detail: "there is no connector, domain, permission or transport setting in it"})
	}
}

// readObject adds o to the export. It is false for an object of another kind.
func (r *reader) readObject(o *object.Object) bool {
	s := &subject{reader: r, o: o}
	cfg := &r.export.Config
	switch kindOf(o) {
	case "ReceiveConnector":
		s.receive(added(&cfg.Receive))
	case "SendConnector":
		s.send(added(&cfg.Send))
	case "AcceptedDomain":
		s.accepted(added(&cfg.Accepted))
	case "ADPermission":
		s.permission()
	case "TransportConfig":
		s.transport(&cfg.Transport)
	case "TransportService":
		s.service(added(&cfg.Services))
	case "RemoteDomain":
		s.remote(added(&cfg.Remote))
	default:
		r.ignored(r.doc.Line(o), fmt.Sprintf("objects of type %q are ignored; connectors, accepted and remote domains, permissions, Transport services and the organisation's limits are read", o.Type))
		return false
	}
	return true
}

// added appends a zero element to a list and returns it.
func added[T any](list *[]T) *T {
	*list = append(*list, *new(T))
	return &(*list)[len(*list)-1]
}

// kindOf returns the kind of an object by its type, or else by properties that no
// other kind has.
func kindOf(o *object.Object) string {
	switch o.Type {
	case "ReceiveConnector", "SendConnector", "AcceptedDomain", "ADPermission", "TransportConfig":
		return o.Type
	case "TransportConfigContainer":
		return "TransportConfig"
	case "TransportService", "TransportServer":
		return "TransportService"
	case "RemoteDomain", "DomainContentConfig":
		return "RemoteDomain"
	}
	has := func(names ...string) bool {
		for _, name := range names {
			if _, ok := o.Get(name); ok {
				return true
			}
		}
		return false
	}
	switch {
	case has("RemoteIPRanges", "PermissionGroups", "Bindings"):
		return "ReceiveConnector"
	case has("AddressSpaces", "SmartHosts"):
		return "SendConnector"
	case has("ExtendedRights", "AccessRights") && has("User"):
		return "ADPermission"
	case has("DomainName") && has("DomainType"):
		return "AcceptedDomain"
	case has("MaxRecipientEnvelopeLimit", "TLSReceiveDomainSecureList"):
		return "TransportConfig"
	case has("MessageExpirationTimeout", "MaxPerDomainOutboundConnections"):
		return "TransportService"
	case has("DomainName") && has("NDREnabled", "AllowedOOFType"):
		return "RemoteDomain"
	}
	return o.Type
}

// receive reads a Receive connector.
func (s *subject) receive(to *connector.Receive) {
	identity := s.text("Identity")
	server, name, qualified := strings.Cut(identity, `\`)
	if !qualified {
		server, name = "", identity
	}
	s.begin("Receive", name)
	to.Name = name
	s.parameters(to, &schema.ReceiveConnector, receiveProperties)
	to.Server = shortServer(to.Server)
	if to.Server == "" {
		to.Server = server
	}
	if !to.BareLinefeedRejectionEnabled.Or(true) {
		s.note("BareLinefeedRejectionEnabled", CodeWorksDifferently, "messages with bare line feeds are taken, as on the old server, and each line feed is made a line end (CRLF); $true, the default here, refuses them")
	}
	s.expect(&schema.ReceiveConnector)
}

// send reads a Send connector.
func (s *subject) send(to *connector.Send) {
	identity := s.text("Identity")
	name := identity[strings.LastIndexByte(identity, '\\')+1:]
	s.begin("Send", name)
	to.Name = name
	s.parameters(to, &schema.SendConnector, sendProperties)
	for i, server := range to.SourceTransportServers {
		to.SourceTransportServers[i] = shortServer(server)
	}
	for _, a := range to.AddressSpaces {
		to.IsScopedConnector = to.IsScopedConnector || a.Local() // as 2007 wrote it
	}
	s.credential(to)
	s.expect(&schema.SendConnector)
}

// credential keeps that there is one, and whose.
func (s *subject) credential(to *connector.Send) {
	const property = "AuthenticationCredential"
	v, _ := s.o.Get(property)
	user := ""
	if o, ok := v.(*object.Object); ok {
		name, _ := o.Get("UserName")
		user = object.Text(name)
	}
	if object.Text(v) == "" && !to.LogsOn() {
		return
	}
	to.AuthenticationCredential = &param.Credential{UserName: user}
	s.origins[s.place+"."+property] = s.at(s.line(property))
}

// accepted reads an accepted domain.
func (s *subject) accepted(to *routing.AcceptedDomain) {
	name := s.text("Name")
	if name == "" {
		name = s.text("DomainName")
	}
	s.begin("Accepted", name)
	s.parameters(to, &schema.AcceptedDomain, acceptedProperties)
	to.Name = name
	s.expect(&schema.AcceptedDomain)
}

// transport reads what policy needs of Get-TransportConfig.
func (s *subject) transport(to *connector.Transport) {
	s.path, s.place = "Transport", "Transport"
	s.origins[s.place] = s.at(s.doc.Line(s.o))
	s.fields(reflect.ValueOf(to).Elem(), &schema.TransportConfig, nil, func(string, object.Value) {})
	s.note("", source.CodeIgnored, "of the organisation's settings, only the limits, the domain secure lists and the settings about delivery reports are read")
}

// service reads what policy needs of Get-TransportService, which 2007 and 2010
// call Get-TransportServer.
func (s *subject) service(to *connector.Service) {
	identity := shortServer(s.text("Identity"))
	s.begin("Services", identity)
	s.fields(reflect.ValueOf(to).Elem(), &schema.TransportService, nil, func(string, object.Value) {})
	if to.Name == "" {
		to.Name = identity
	}
	s.logPath("ReceiveProtocolLogPath", &to.ReceiveProtocolLogPath)
	s.logPath("SendProtocolLogPath", &to.SendProtocolLogPath)
	s.logPath("ConnectivityLogPath", &to.ConnectivityLogPath)
	s.logPath("MessageTrackingLogPath", &to.MessageTrackingLogPath)
	s.note("", source.CodeIgnored, "of Transport services, only the settings about retries, expiry, connections and logs are read")
}

// logPath completes the path of a log: no path means that there is no log, and a directory of
// Exchange's installation is the default.
func (s *subject) logPath(name string, path *param.Setting[string]) {
	switch v, ok := s.o.Get(name); {
	case ok && (v == nil || s.text(name) == ""):
		*path = param.Value("")
	case strings.Contains(strings.ToLower(path.Or("")), `\transportroles\logs\`):
		*path = param.Setting[string]{}
	}
}

// remote reads what policy needs of Get-RemoteDomain.
func (s *subject) remote(to *connector.RemoteDomain) {
	identity := s.text("Identity")
	s.begin("Remote", identity)
	s.fields(reflect.ValueOf(to).Elem(), &schema.RemoteDomain, nil, func(string, object.Value) {})
	if to.Name == "" {
		to.Name = identity
	}
	s.expect(&schema.RemoteDomain)
	s.note("", source.CodeIgnored, "of a remote domain, only the settings about reports to its senders are read")
}

// begin names the object for messages and origins.
func (s *subject) begin(list source.Path, identity string) {
	name := s.text("Name")
	if name == "" {
		name = identity
	}
	s.path = source.Named(list, name)
	s.place = list.Index(s.count[list])
	s.count[list]++
	s.origins[s.place] = s.at(s.doc.Line(s.o))
	if name == "" {
		s.fail("Name", source.CodeNameMissing, "it is missing; export Name or Identity, too")
	}
}

// parameters stores the properties of a connector or domain, and checks the properties
// without a field: those in known, and the parameters of the noun.
func (s *subject) parameters(to any, noun *schema.Noun, known properties) {
	s.fields(reflect.ValueOf(to).Elem(), noun, known, func(name string, v object.Value) { s.other(name, v, noun, known) })
}

// fields stores the properties of the object in the fields of their names, except those
// in known and parameters that are refused, and calls other with the rest.
func (s *subject) fields(to reflect.Value, noun *schema.Noun, known properties, other func(string, object.Value)) {
	fields := map[string]reflect.StructField{}
	for f := range reflect.TypeOf(to.Interface()).NumField() {
		field := to.Type().Field(f)
		fields[strings.ToLower(field.Name)] = field
	}
	for i, name := range s.o.Names() {
		v, _ := s.o.Get(name)
		field, isField := fields[strings.ToLower(name)]
		row := noun.Row(name)
		if isField && !known.apart(name) && (row == nil || row.Status() != schema.Refused) {
			place := s.at(s.doc.PropertyLine(s.o, i))
			s.field(field.Name, v, to.FieldByIndex(field.Index), place)
			continue
		}
		other(name, v)
	}
}

// other looks at a property that no field holds.
func (s *subject) other(name string, v object.Value, noun *schema.Noun, known properties) {
	harmless, isKnown := known.lookup(name)
	if row := noun.Row(name); row != nil && row.Verbs&schema.Set != 0 && !isKnown {
		harmless, isKnown = cmp.Or(strings.TrimPrefix(row.Default.For("", false, false), "$"), noValue), true
	}
	text := strings.TrimSpace(object.Text(v))
	switch {
	case isKnown && harmless == "", text == "", text == "{}":
	case isKnown:
		if !strings.EqualFold(text, harmless) {
			s.warn(source.Path(name), source.CodeIgnored, fmt.Sprintf("%s has no meaning here and is ignored", text))
		}
	default:
		list, _, _ := s.path.List()
		if key := list + "." + name; !s.reported[key] {
			s.reported[key] = true
			s.warn(source.Path(name), source.CodeParameterUnknown, "this property is unknown and is ignored")
		}
	}
}

// expect warns of parameters that policy depends on and the export leaves out.
func (s *subject) expect(noun *schema.Noun) {
	var missing []string
	for i := range noun.Rows {
		row := &noun.Rows[i]
		if _, ok := s.o.Get(row.Name); row.Expected && !ok {
			missing = append(missing, row.Name)
		}
	}
	if len(missing) > 0 {
		its := "; its default applies"
		if len(missing) > 1 {
			its = "; their defaults apply"
		}
		s.warn("", source.CodeParameterMissing, "the export has no "+strings.Join(missing, ", ")+its+"; export all properties")
	}
}

// nameElements gives the origins the paths that the elements have in the Config.
func (r *reader) nameElements() {
	moved := map[source.Path]source.Path{}
	for _, list := range []source.Path{"Receive", "Send", "Accepted", "Services", "Remote"} {
		for i, path := range r.export.Config.ElementPaths(string(list)) {
			moved[list.Index(i)] = path
		}
	}
	r.export.Places.Add(r.origins, moved)
}

// shortServer takes a server's name out of the forms in which Exchange names it:
// CN=EX01,CN=Servers,… and contoso.com/…/Servers/EX01.
func shortServer(s string) string {
	if len(s) > 3 && strings.EqualFold(s[:3], "CN=") {
		s, _, _ = strings.Cut(s[3:], ",")
	}
	return s[strings.LastIndexByte(s, '/')+1:]
}
