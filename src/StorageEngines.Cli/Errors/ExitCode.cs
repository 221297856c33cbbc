namespace StorageEngines.Cli.Errors;

/// <summary>The exit codes, as docs/exit-codes.md lists them. A number, once given, keeps its meaning.</summary>
internal static class ExitCode
{
    internal const int Ok = 0;
    internal const int Differs = 1;
    internal const int Usage = 2;
    internal const int NotFound = 3;
    internal const int AlreadyExists = 4;
    internal const int Denied = 5;
    internal const int NoSpace = 6;
    internal const int WrongState = 7;
    internal const int TryAgain = 8;
    internal const int NotSupported = 9;
    internal const int DataLoss = 10;
    internal const int BadRequest = 11;
    internal const int TakeFull = 12;
    internal const int Failed = 13;
    internal const int Declined = 14;
    internal const int SomeFailed = 15;
    internal const int Bug = 70;
    internal const int Interrupted = 130;
    internal const int BrokenPipe = 141;
    internal const int Terminated = 143;
}
