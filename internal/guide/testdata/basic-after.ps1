# What the guide leaves to the administrator: the gateway's account may send for
# everybody, not only as itself,
Add-ADPermission "Default HubA" -User smtpgateway@fabrikam.com -ExtendedRights ms-Exch-SMTP-Accept-Any-Sender | Out-Null
# mail for the organisation goes to its mailboxes, mail for a partner past the gateway,
New-SendConnector "ToMailboxes" -Usage Internal -AddressSpaces fabrikam.com -SmartHosts 10.2.3.9 -SmartHostAuthMechanism ExternalAuthoritative -DNSRoutingEnabled $false | Out-Null
New-SendConnector "ToPartner" -Usage Internet -AddressSpaces partner.example | Out-Null
# and refusals don't keep the tests waiting.
Get-ReceiveConnector | Set-ReceiveConnector -TarpitInterval 00:00:00
