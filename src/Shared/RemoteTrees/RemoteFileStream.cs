using System.Globalization;
using StorageEngines.RemoteShells;
using StorageEngines.Streams;

namespace StorageEngines.RemoteTrees;

/// <summary>
/// A file of a snapshot of another host, read piece by piece, each one round trip. One reader at a time.
/// </summary>
/// <param name="root">The snapshot; each piece makes sure that it is still that one.</param>
/// <param name="path">The file.</param>
/// <param name="length">The file's size in bytes.</param>
/// <param name="start">Its beginning, if that was read already; else empty.</param>
internal sealed class RemoteFileStream(TreeRoot root, BytePath path, long length, byte[] start) : PiecewiseStream(start)
{
    /// <inheritdoc/>
    public override long Length => length;

    /// <summary>Opens a file, and reads its beginning in the same round trip.</summary>
    /// <exception cref="StorageEngineException">NotFound: there is none; InvalidArgument: it is no regular file.</exception>
    internal static Task<RemoteFileStream> OpenAsync(TreeRoot root, BytePath path, CancellationToken cancellationToken) => Task.Run(
        () =>
        {
            (long size, byte[] start) = new RemoteTree(root, cancellationToken).FileStart(path, SmallestPiece);
            return new RemoteFileStream(root, path, size, start);
        },
        cancellationToken);

    /// <inheritdoc/>
    protected override async Task<byte[]> FetchAsync(long offset, int size, CancellationToken cancellationToken)
    {
        Script script = new Script().Text("dd").Word([.. "if="u8, .. RemoteTree.Dotted(path)])
            .Text(string.Create(CultureInfo.InvariantCulture, $" bs=1M iflag=fullblock,skip_bytes,count_bytes skip={offset} count={size} status=none"));
        ShellReply reply = await root.AskAsync(script, cancellationToken).ConfigureAwait(false);
        return reply.Exit == 0 && reply.Output.Length == size ? reply.Output : throw new StorageCommandException(EngineStatus.DataLoss, EngineReason.None, Recovery.OperatorAction,
            $"'{path}' of {root.Snapshot} cannot be read on {root.Shell.Runner.Host}: {(reply.Errors.Length > 0 ? reply.Errors : $"{reply.Output.Length} bytes came instead of {size}")}.")
        { Host = root.Shell.Runner.Host, Engine = root.Engine, ExitCode = reply.Exit, StandardErrorTail = reply.Errors };
    }
}
