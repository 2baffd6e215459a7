# what a fresh server has, and one connector in full
Get-ReceiveConnector
Get-ReceiveConnector "Default Frontend EX01" | Format-List
Get-ReceiveConnector | Select-Object Name, TransportRole, PermissionGroups
Get-ReceiveConnector | where { $_.MaxMessageSize -gt 10MB -and $_.Bindings -like "*:587" } | Select-Object Identity
