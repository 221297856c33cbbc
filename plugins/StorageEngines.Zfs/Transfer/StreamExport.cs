using StorageEngines.Zfs.Hosts;
using StorageEngines.Zfs.Snapshots;
using StorageEngines.Zfs.Streams;

namespace StorageEngines.Zfs.Transfer;

/// <summary>Writes a stream as 'zfs send' makes it: records, checksums, guids and END are checked while it passes through.</summary>
/// <remarks>Implements: zfs-send(8).</remarks>
/// <param name="host">The host.</param>
/// <param name="from">The base; null for a full stream.</param>
/// <param name="to">The target.</param>
/// <param name="progress">Told how far it is; null for nobody.</param>
internal sealed class StreamExport(ZfsHost host, SendBase? from, ZfsSnapshot to, IProgress<OperationProgress>? progress)
{
    private const int ReportEveryBytes = 8 << 20;

    /// <summary>The arguments of 'zfs', behind <c>send</c>.</summary>
    internal static List<CommandArgument> Arguments(StreamKind kind, SendBase? from, ZfsSnapshot to, string? resumeToken)
        => resumeToken is not null ? ["-t", resumeToken]
            : [.. kind.Options(to.Of).Select(CommandArgument.FromString), .. from is null ? (CommandArgument[])[] : ["-i", from.SendName], to.FullName];

    /// <summary>Writes it.</summary>
    /// <param name="kind">Which stream.</param>
    /// <param name="resumeToken">Where it begins; null for its beginning.</param>
    /// <param name="output">Where to.</param>
    /// <param name="estimate">About how many bytes it will have; null if that is not known.</param>
    /// <param name="cancellationToken">Ends it, there too.</param>
    internal async Task RunAsync(StreamKind kind, string? resumeToken, Stream output, long? estimate, CancellationToken cancellationToken)
    {
        var request = new CommandRequest("zfs", ["send", .. Arguments(kind, from, to, resumeToken)]);
        await using ZfsCommand command = await host.StartAsync("export", to.FullName, request, cancellationToken).ConfigureAwait(false);
        var relay = new VerifiedRelay(command.Output, $"ZFS send stream of '{to.FullName}'", cancellationToken);
        long reported = 0;
        await Task.Run(
            () =>
            {
                Check(relay.Reader, resumeToken is not null);
                relay.Run(bytes =>
                {
                    output.WriteAsync(bytes, cancellationToken).AsTask().GetAwaiter().GetResult();
                    if (relay.Passed + bytes.Length - reported >= ReportEveryBytes)
                    {
                        reported = relay.Passed + bytes.Length;
                        progress?.Report(new OperationProgress("export", reported, estimate));
                    }
                });
            },
            cancellationToken).ConfigureAwait(false);
        await command.Completion.ConfigureAwait(false);
        await output.FlushAsync(cancellationToken).ConfigureAwait(false);
        progress?.Report(new OperationProgress("export", relay.Passed, relay.Passed));
    }

    // Between the plan and now somebody may have replaced a snapshot by another of its name.
    private void Check(ZfsSendReader reader, bool isResumed)
    {
        if (reader.Read())
        {
            var question = new ZfsChangeQuestion(from?.Guid ?? 0, to.Guid, 0, 0, 0, IsPart: isResumed);
            question.Check($"ZFS send stream of '{to.FullName}': byte 0", reader.Begin.FromGuid, reader.Begin.ToGuid, reader.Begin.Features);
        }
    }
}
