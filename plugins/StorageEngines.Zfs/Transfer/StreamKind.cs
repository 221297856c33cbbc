using StorageEngines.Zfs.Datasets;

namespace StorageEngines.Zfs.Transfer;

/// <summary>Which stream is written. A chain of differences should stay with one: whoever changes it in between may find blocks above 128 KiB split.</summary>
internal enum StreamKind
{
    /// <summary>Plain data, which every receiver reads.</summary>
    Plain,

    /// <summary>Blocks as they are compressed, large ones in one piece, and those of volumes small ones within their records (<c>-c -L</c>, <c>-e</c>).</summary>
    Compressed,

    /// <summary>Blocks as they are stored, encrypted ones without their key (<c>-w</c>).</summary>
    Raw,
}

/// <summary>How kinds of streams are named, and asked for.</summary>
internal static class StreamKinds
{
    /// <summary>The setting that chooses.</summary>
    internal const string Setting = "stream";

    /// <summary>The version of the format, of which there is one.</summary>
    internal const int Version = 1;

    private const string Prefix = "zfs-send";

    /// <summary>Reads the setting.</summary>
    /// <returns>The kind; null to choose by the dataset.</returns>
    /// <exception cref="ArgumentException">It is none of the values.</exception>
    internal static StreamKind? Parse(string? text) => text switch
    {
        null => null,
        "plain" => StreamKind.Plain,
        "compressed" => StreamKind.Compressed,
        "raw" => StreamKind.Raw,
        _ => throw new ArgumentException($"The setting '{Setting}' is '{text}'; give plain, compressed or raw.", nameof(text)),
    };

    /// <summary>The kind for a dataset of which nothing was said: as it is stored, and encrypted data stays encrypted.</summary>
    internal static StreamKind Default(Dataset dataset) => dataset.IsEncrypted ? StreamKind.Raw : StreamKind.Compressed;

    /// <summary>The format's name in a plan.</summary>
    internal static string Format(this StreamKind kind) => kind switch
    {
        StreamKind.Compressed => Prefix + "-compressed",
        StreamKind.Raw => Prefix + "-raw",
        _ => Prefix,
    };

    /// <summary>Reads a plan.</summary>
    /// <exception cref="ArgumentException">It was not made by this engine.</exception>
    internal static StreamKind Of(TransferPlan plan) => (plan.Format, plan.FormatVersion) switch
    {
        (Prefix, Version) => StreamKind.Plain,
        (Prefix + "-compressed", Version) => StreamKind.Compressed,
        (Prefix + "-raw", Version) => StreamKind.Raw,
        _ => throw new ArgumentException($"A plan of format '{plan.Format}' version {plan.FormatVersion} is not one of this engine.", nameof(plan)),
    };

    /// <summary>The kind of a stream that a token resumes: it goes on as it began.</summary>
    internal static StreamKind Of(ResumeToken token)
        => token.Flags.HasFlag(ResumeFlags.Raw) ? StreamKind.Raw : token.Flags == ResumeFlags.None ? StreamKind.Plain : StreamKind.Compressed;

    /// <summary>The options of 'zfs send'. Small blocks of files are never sent within their records: their attributes would be lost (see <see cref="Streams.ZfsBlock.IsSpill"/>).</summary>
    internal static string[] Options(this StreamKind kind, Dataset of) => kind switch
    {
        StreamKind.Plain => [],
        StreamKind.Raw when of.IsEncrypted || of.Kind == VolumeKind.Block => ["-w"],
        _ when of.Kind == VolumeKind.Block => ["-c", "-e", "-L"],
        _ => ["-c", "-L"],
    };
}
