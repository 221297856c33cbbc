namespace StorageEngines.Testing;

/// <summary>How a <see cref="FaultyCommandRunner"/> spoils a command.</summary>
public enum CommandFaultKind
{
    /// <summary>Not at all.</summary>
    None,

    /// <summary>The program is not there: the start fails with <see cref="EngineReason.ToolMissing"/>.</summary>
    ToolMissing,

    /// <summary>The host cannot be reached: the start fails with <see cref="EngineReason.ConnectionLost"/>.</summary>
    HostUnreachable,

    /// <summary>The connection is lost after some bytes: the read throws <see cref="EngineReason.ConnectionLost"/>, and so does the completion.</summary>
    ConnectionLost,

    /// <summary>The command fails after some bytes, with an exit code.</summary>
    Exit,

    /// <summary>The output ends after some bytes as if all were well: a program that lost bytes and does not know it.</summary>
    SilentlyCut,

    /// <summary>After some bytes nothing comes any more, until the reader gives up.</summary>
    Stall,

    /// <summary>Each read takes some time of a clock.</summary>
    Slow,
}
