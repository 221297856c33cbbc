using StorageEngines.Btrfs.Native;

namespace StorageEngines.Btrfs.Streams;

/// <summary>Which stream is written.</summary>
/// <param name="Version">1 or 2.</param>
/// <param name="IsCompressed">Whether compressed extents are sent as they are; version 2 only.</param>
internal readonly record struct StreamKind(int Version, bool IsCompressed)
{
    /// <summary>The format's name in a plan.</summary>
    internal const string Plain = "btrfs-send";

    /// <summary>The format's name in a plan, with compressed extents as they are.</summary>
    internal const string Compressed = "btrfs-send-compressed";

    /// <summary>The setting that chooses.</summary>
    internal const string Setting = "stream";

    /// <summary>The newest that both the kernel and this plug-in know, with plain data.</summary>
    /// <param name="protocol">The highest version that the kernel sends.</param>
    internal static StreamKind Best(uint protocol) => new(protocol >= 2 ? 2 : 1, false);

    /// <summary>The format's name.</summary>
    internal string Format => IsCompressed ? Compressed : Plain;

    /// <summary>The flags of the send.</summary>
    internal SendMode Mode => IsCompressed ? SendMode.Compressed : SendMode.None;

    /// <summary>Reads the setting.</summary>
    /// <exception cref="ArgumentException">It is none of the values.</exception>
    internal static StreamKind? Parse(string? text) => text switch
    {
        null => null,
        "1" => new StreamKind(1, false),
        "2" => new StreamKind(2, false),
        "2-compressed" => new StreamKind(2, true),
        _ => throw new ArgumentException($"The setting '{Setting}' is '{text}'; give 1, 2 or 2-compressed.", nameof(text)),
    };

    /// <summary>Reads a plan.</summary>
    /// <exception cref="ArgumentException">It was not made by this engine.</exception>
    internal static StreamKind Of(TransferPlan plan) => (plan.Format, plan.FormatVersion) switch
    {
        (Plain, 1 or 2) => new StreamKind(plan.FormatVersion, false),
        (Compressed, 2) => new StreamKind(2, true),
        _ => throw new ArgumentException($"A plan of format '{plan.Format}' version {plan.FormatVersion} is not one of this engine.", nameof(plan)),
    };

    /// <summary>Refuses what the kernel cannot write.</summary>
    /// <param name="protocol">The highest version that it sends.</param>
    /// <exception cref="StorageEngineException">It cannot.</exception>
    internal void Require(uint protocol)
    {
        if (Version > protocol)
        {
            throw BtrfsErrors.NotSupported(
                EngineStatus.FailedPrecondition, $"The kernel sends streams of version {protocol} only, and version {Version} is asked for; set '{Setting}' to 1.");
        }
    }
}
