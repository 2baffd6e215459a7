package analysis

import (
	"github.com/interchange-smtp/interchange/permission"
)

// headerQuestions ask which classes of header fields are kept.
func headerQuestions() []question {
	var all []question
	for _, class := range headerClasses {
		all = append(all, question{permission.SetOf(permission.Submit, class.accept), func(e *sessionPair) {
			if e.submit != [2]bool{true, true} {
				return
			}
			if was, is := e.opened[0].Headers().Keep(class.field), e.opened[1].Headers().Keep(class.field); was != is {
				d := e.dialogWithRecipient(0)
				d.Header = []string{class.field}
				e.record(delta{aspect: AspectHeaders, direction: toward(is), subject: class.name, before: keptText(was), after: keptText(is)}, d)
			}
		}})
	}
	return all
}

// headerClass is a class of the header firewall.
type headerClass struct {
	name   string           // the fields, for people
	field  string           // one of them
	accept permission.Right // to keep it on the way in; 0: it never is
}

var headerClasses = [...]headerClass{
	{"Received and Resent-*", "Received", permission.AcceptHeadersRouting},
	{"X-MS-Exchange-Organization-*", "X-MS-Exchange-Organization-SCL", permission.AcceptHeadersOrganization},
	{"X-MS-Exchange-Forest-*", "X-MS-Exchange-Forest-RulesExecuted", permission.AcceptHeadersForest},
	{"X-MS-Exchange-CrossPremises-*", "X-MS-Exchange-CrossPremises-Test", 0},
}
