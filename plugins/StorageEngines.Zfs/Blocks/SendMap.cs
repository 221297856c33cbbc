using StorageEngines.Zfs.Hosts;
using StorageEngines.Zfs.Snapshots;
using StorageEngines.Zfs.Streams;

namespace StorageEngines.Zfs.Blocks;

/// <summary>
/// A send stream of which only the map is wanted. The host turns its own stream into text where it has the program for that, so that no data comes over; else, and on this machine, the stream
/// itself is read. In either case the blocks go as they are stored (<c>-w</c>: compressed, embedded, large, encrypted without a key), which is the least to read. One use.
/// </summary>
/// <remarks>Implements: zfs-send(8), zstream(8).</remarks>
internal sealed class SendMap : IAsyncDisposable
{
    private const int MarkBytes = 5;

    // The exit code of a pipe is that of its last command; that of 'zfs send' comes by descriptor 4.
    private const string Script = """
        if command -v zstream >/dev/null 2>&1; then d='zstream dump -v'
        elif command -v zstreamdump >/dev/null 2>&1; then d='zstreamdump -v'
        else printf 'data\n'; exec zfs send "$@"
        fi
        printf 'text\n'
        exec 5>&1
        r=$( { { zfs send "$@"; printf %s "$?" >&4; } | $d >&5; } 4>&1 ); d=$?
        [ "$r" = 0 ] || exit "$r"
        exit "$d"
        """;

    private readonly ZfsCommand _command;
    private readonly string _name;
    private readonly bool _isMarked;

    private SendMap(ZfsCommand command, string name, bool isMarked) => (_command, _name, _isMarked) = (command, name, isMarked);

    /// <summary>Starts it.</summary>
    /// <param name="host">The host.</param>
    /// <param name="from">The base; null for all of the target.</param>
    /// <param name="to">The target.</param>
    /// <param name="cancellationToken">Ends it, there too.</param>
    internal static async Task<SendMap> StartAsync(ZfsHost host, SendBase? from, ZfsSnapshot to, CancellationToken cancellationToken)
    {
        List<CommandArgument> arguments = ["-w"];
        arguments.AddRange(from is null ? [] : ["-i", from.SendName]);
        arguments.Add(to.FullName);
        CommandRequest request = host.Runner.IsLocal
            ? new CommandRequest("zfs", ["send", .. arguments])
            : new CommandRequest("sh", ["-c", Script, "sh", .. arguments]);
        ZfsCommand command = await host.StartAsync(from is null ? "list allocated blocks of" : "list changed blocks of", to.FullName, request, cancellationToken).ConfigureAwait(false);
        return new SendMap(command, to.FullName, isMarked: !host.Runner.IsLocal);
    }

    /// <summary>Reads what is told of one object. Blocks.</summary>
    /// <param name="question">What is asked.</param>
    /// <returns>The ranges, to be read to the end: only then is it known that the stream was whole.</returns>
    internal IObjectChanges Open(ZfsChangeQuestion question)
        => _isMarked && IsText()
            ? new ZstreamDumpChanges(_command.Output, $"the map of '{_name}'", question)
            : new ZfsObjectChanges(new ZfsSendReader(_command.Output, $"ZFS send stream of '{_name}'", keepPayloads: false), question);

    /// <inheritdoc/>
    public ValueTask DisposeAsync() => _command.DisposeAsync();

    private bool IsText()
    {
        Span<byte> mark = stackalloc byte[MarkBytes];
        _command.Output.ReadExactly(mark);
        return mark.SequenceEqual("text\n"u8);
    }
}
