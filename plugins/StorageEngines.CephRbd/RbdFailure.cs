namespace StorageEngines.CephRbd;

/// <summary>A call to the cluster that failed.</summary>
/// <param name="Operation">What was tried, e.g. <c>create snapshot</c>.</param>
/// <param name="Subject">On what, for people.</param>
/// <param name="Number">The error number.</param>
/// <param name="User">As whom.</param>
/// <param name="Host">Where from.</param>
/// <param name="TimeoutSeconds">How long a call may take; seconds.</param>
internal sealed record RbdFailure(string Operation, string Subject, int Number, string User, string Host, int TimeoutSeconds)
{
    /// <summary>What was written about it. Default: nothing.</summary>
    internal string Words { get; init; } = "";

    /// <summary>Whether something was to be changed, which may have happened. Default: no.</summary>
    internal bool IsChange { get; init; }

    /// <summary>Whether a program failed. Default: no.</summary>
    internal bool IsCommand { get; init; }
}
