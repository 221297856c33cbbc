namespace StorageEngines.Cli.Tests.BadInputs;

/// <summary>One bad input. The texts are bash; <c>se</c> is the tool, <c>unpriv</c> runs it as a user without rights.</summary>
/// <param name="Section">The heading that it stands under in docs/bad-inputs.md.</param>
/// <param name="What">What is bad.</param>
/// <param name="Command">What the user types, after the tool's name unless it begins with something else.</param>
/// <param name="ExitCode">The exit code.</param>
internal sealed record BadInput(string Section, string What, string Command, int ExitCode)
{
    /// <summary>What comes before; it has to succeed. <c>$C</c> is a directory of this case's own, <c>$C/store</c> a store of its own.</summary>
    internal string Before { get; init; } = "";

    /// <summary>A condition that has to hold afterwards.</summary>
    internal string After { get; init; } = "";

    /// <summary>What comes at the very end, whatever happened.</summary>
    internal string Finally { get; init; } = "";

    /// <summary>It needs root, to mount something or to become somebody else.</summary>
    internal bool NeedsRoot { get; init; }

    /// <summary>It needs a Btrfs in a loop device, and root.</summary>
    internal bool NeedsBtrfs { get; init; }

    public override string ToString() => What;
}
