namespace StorageEngines.Testing;

/// <summary>A command that was run, as a <see cref="ScriptedCommandRunner"/> recorded it.</summary>
/// <param name="Request">What was asked for.</param>
/// <param name="StandardInput">What it was given on standard input.</param>
public sealed record CommandCall(CommandRequest Request, ReadOnlyMemory<byte> StandardInput)
{
    /// <summary>Program and arguments with blanks between them, for comparison and messages: <c>zfs list -H tank</c>. Not quoted.</summary>
    public string Line => ScriptedCommandRunner.LineOf(Request);
}
