namespace StorageEngines.Cli.Errors;

/// <summary>A person was asked and did not say yes; exit code 14.</summary>
internal sealed class DeclinedException() : Exception("not confirmed; nothing was done");
