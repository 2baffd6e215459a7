# The banner that clients see.
#: server EX01.contoso.com
Set-ReceiveConnector "Default Frontend EX01" -Banner "220 mail.contoso.com"
Get-ReceiveConnector "EX01\Default Frontend EX01" | Format-List Name,Banner,Fqdn
Set-ReceiveConnector "Client Frontend EX01" -Banner "Welcome to contoso"
Set-ReceiveConnector "Default Frontend EX01" -Banner $null
Get-ReceiveConnector -Server EX01 | Where-Object { $_.Banner } | Format-Table Name,Banner
