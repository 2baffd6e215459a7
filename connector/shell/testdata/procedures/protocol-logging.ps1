# Protocol logging of all connectors, and of one no more.
#: server EX01.contoso.com
New-SendConnector "To Internet" -AddressSpaces * | Out-Null
Get-ReceiveConnector | Set-ReceiveConnector -ProtocolLoggingLevel Verbose
Get-SendConnector | Set-SendConnector -ProtocolLoggingLevel Verbose
Set-ReceiveConnector "Client Frontend EX01" -ProtocolLoggingLevel None
Get-ReceiveConnector | Sort-Object Name | Format-Table Name,ProtocolLoggingLevel
Get-SendConnector | Format-List Name,ProtocolLoggingLevel
(Get-ReceiveConnector | where { $_.ProtocolLoggingLevel -eq 'Verbose' } | Measure-Object).Count
