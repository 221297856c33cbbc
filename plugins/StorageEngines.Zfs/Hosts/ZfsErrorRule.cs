namespace StorageEngines.Zfs.Hosts;

/// <summary>A text that the programs of OpenZFS write when they fail, and what it means.</summary>
/// <param name="Text">What is looked for in standard error; upper and lower case count.</param>
/// <param name="Status">The status.</param>
/// <param name="Reason">The reason.</param>
/// <param name="Recovery">What the caller should do.</param>
/// <param name="Advice">What it means and what to do about it, for people.</param>
internal sealed record ZfsErrorRule(string Text, EngineStatus Status, EngineReason Reason, Recovery Recovery, string Advice)
{
    /// <summary>What to make of it; null for an error with the command's exit code and text. Default: null.</summary>
    internal Func<ZfsFailure, ZfsErrorRule, StorageEngineException>? Make { get; init; }
}
