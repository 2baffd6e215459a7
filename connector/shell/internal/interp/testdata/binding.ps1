Show-Args hello 5
show-args -NUM 10MB -te 010 -Force
Show-Args -Text a,010,b -Any 010 -Force:$false
Show-Args -whatever @{a = 1} "x y"
$p = @{Text = 'splat'; Number = 3; Force = $true}
Show-Args @p -Any $null
$mycred = Get-Credential
$mycred.UserName
$mycred.Password
"$mycred $($mycred.Password)"
Show-Args -Credential (Get-Credential)
$pw = ConvertTo-SecureString 'hunter2-hunter2' -AsPlainText -Force
$c = New-Object System.Management.Automation.PSCredential('user@contoso.com', $pw)
$c
$c.Password | fl *
$c | ConvertTo-Json
$c | ConvertTo-Csv
