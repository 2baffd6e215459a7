package dsn

import "strings"

// opening begins the first part: what happened, for people.
func (w *writer) opening() string {
	charset := "us-ascii"
	if w.UTF8 {
		charset = "utf-8"
	}
	var b strings.Builder
	w.part(&b, "Notification", "text/plain; charset="+charset, encoding(w.UTF8))
	paragraph(&b, "", "This is the mail system of "+w.host+".")
	b.WriteString("\r\n")
	until := ""
	if !w.Until.IsZero() {
		until = ", until " + w.Until.Format(dateFormat)
	}
	paragraph(&b, "", strings.Replace(kinds[w.Kind].text, "{until}", until, 1))
	return b.String()
}

// paragraph writes about one recipient.
func (w *writer) paragraph(i int) string {
	r := &w.Recipients[i]
	var b strings.Builder
	b.WriteString("\r\n")
	address := r.To.String()
	if !w.UTF8 && !r.To.IsASCII() {
		address = inASCII(address)
	}
	addressLine(&b, "<"+address+">")
	reply, host := clean(r.Reply, w.UTF8), hostName(r.Host)
	switch {
	case reply == "" && host != "":
		paragraph(&b, "    ", "The host was "+host+".")
	case host != "":
		paragraph(&b, "    ", "The host "+host+" said:")
		paragraph(&b, "    ", reply)
	case reply != "":
		paragraph(&b, "    ", reply)
	}
	for _, text := range []string{w.advice(w.status(r)), w.cure(r)} {
		if text != "" {
			b.WriteString("\r\n")
			paragraph(&b, "    ", text)
		}
	}
	return b.String()
}

// cure says what the administrator of this server can do about the reply to r, if that is known.
func (w *writer) cure(r *Recipient) string {
	text := clean(r.Advice, w.UTF8)
	if text == "" || w.Kind != Failed && w.Kind != Delayed {
		return ""
	}
	return "For your administrator: " + text
}

// advice says what a sender can do about a status (RFC 3463).
func (w *writer) advice(status string) string {
	if w.Kind != Failed {
		return ""
	}
	switch _, detail, _ := strings.Cut(status, "."); {
	case status == "4.4.7":
		return "The message could not be delivered in time. Send it again later, or reach the recipient in another way."
	case detail == "1.1" || detail == "1.10" || detail == "1.2" || detail == "1.3" || detail == "1.6":
		return "Please look for mistakes in the address, correct it and send the message again."
	case detail == "2.2":
		return "The mailbox is full. Reach the recipient in another way, or send the message again later."
	case detail == "2.3" || detail == "3.4":
		return "The message is too large for the recipient. Send less at once, or share large files in another way."
	case detail == "4.6":
		return "The message went round in a loop. Please pass this report on to your administrator."
	case detail == "4.4" || detail == "4.1":
		return "No route to the recipient was found. Please look for mistakes in the domain of the address."
	case detail == "7.60" || detail == "2.252":
		return "The message was refused because of its sender. Please pass this report on to your administrator."
	case strings.HasPrefix(detail, "7."):
		return "The message was refused for reasons of policy. The recipient's administrator knows them."
	case strings.HasPrefix(detail, "6."):
		return "The recipient's host could not handle the form of the message. Send it as plain text, without attachments."
	}
	return "If sending it again doesn't help, please pass this report on to your administrator."
}

// closing ends the first part.
func (w *writer) closing() string {
	var b strings.Builder
	b.WriteString("\r\n")
	paragraph(&b, "", "If you need help, write to <"+w.Postmaster.String()+">. The attachments contain the technical details and the header of your message.")
	return b.String()
}
