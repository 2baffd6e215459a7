$p = ConvertTo-SecureString "hunter2" -AsPlainText ) -Force
$q = ConvertTo-SecureString hunter2 `
  -AsPlainText ) -Force
$u = "hunter2" & foo
$r = ConvertTo-SecureString -AsPlainText -Force "Pa$$hunter2"
Get-X "not secret"x
