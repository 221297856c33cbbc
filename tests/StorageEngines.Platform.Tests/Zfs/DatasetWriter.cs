using System.Text;
using StorageEngines.Platform.Tests.StorageVm;
using StorageEngines.Specification;

namespace StorageEngines.Platform.Tests.Zfs;

/// <summary>Writes to the files of a mounted dataset in the virtual machine.</summary>
/// <param name="files">The program there.</param>
/// <param name="root">Where the dataset is mounted.</param>
internal sealed class DatasetWriter(GuestFiles files, string root) : ITreeVolumeWriter
{
    private readonly byte[] _root = Encoding.UTF8.GetBytes(root + "/");

    public bool AcceptsAnyName => true;

    public async ValueTask WriteAsync(BytePath path, long offset, ReadOnlyMemory<byte> bytes, CancellationToken cancellationToken) => await files.WriteAsync(Full(path), offset, bytes, cancellationToken);

    public ValueTask TruncateAsync(BytePath path, long length, CancellationToken cancellationToken) => AskAsync("truncate", path, GuestFiles.Number(length), cancellationToken);

    public async ValueTask<bool> PunchHoleAsync(BytePath path, long offset, long length, CancellationToken cancellationToken)
    {
        await AskAsync("punch", path, $"{GuestFiles.Number(offset)} {GuestFiles.Number(length)}", cancellationToken);
        return true;
    }

    public ValueTask RenameAsync(BytePath from, BytePath to, CancellationToken cancellationToken) => AskAsync("rename", from, GuestFiles.Hex(Full(to)), cancellationToken);

    public async ValueTask<bool> LinkAsync(BytePath existing, BytePath path, CancellationToken cancellationToken)
    {
        await AskAsync("link", existing, GuestFiles.Hex(Full(path)), cancellationToken);
        return true;
    }

    public async ValueTask<bool> SymbolicLinkAsync(BytePath path, ReadOnlyMemory<byte> target, CancellationToken cancellationToken)
    {
        await files.AskAsync($"symlink {GuestFiles.Hex(Full(path))}", target, cancellationToken);
        return true;
    }

    public ValueTask UnlinkAsync(BytePath path, CancellationToken cancellationToken) => AskAsync("unlink", path, "", cancellationToken);

    public ValueTask MakeDirectoryAsync(BytePath path, CancellationToken cancellationToken) => AskAsync("mkdir", path, "", cancellationToken);

    public ValueTask RemoveDirectoryAsync(BytePath path, CancellationToken cancellationToken) => AskAsync("rmdir", path, "", cancellationToken);

    public ValueTask SetModeAsync(BytePath path, int mode, CancellationToken cancellationToken) => AskAsync("chmod", path, GuestFiles.Number(mode), cancellationToken);

    public ValueTask SetModifiedAtAsync(BytePath path, UnixTime time, CancellationToken cancellationToken)
        => AskAsync("utime", path, $"{GuestFiles.Number(time.Seconds)} {GuestFiles.Number(time.Nanoseconds)}", cancellationToken);

    public async ValueTask<bool> SetAttributeAsync(BytePath path, string attribute, ReadOnlyMemory<byte> value, CancellationToken cancellationToken)
    {
        await files.AskAsync($"setxattr {GuestFiles.Hex(Full(path))} {GuestFiles.Hex(BytePath.FromString(attribute))}", value, cancellationToken);
        return true;
    }

    public async ValueTask<byte[]> ReadAsync(BytePath path, CancellationToken cancellationToken) => await files.ReadAsync(Full(path), cancellationToken);

    private BytePath Full(BytePath path) => new((byte[])[.. _root, .. path.Span]);

    private async ValueTask AskAsync(string what, BytePath path, string rest, CancellationToken cancellationToken) => await files.AskAsync($"{what} {GuestFiles.Hex(Full(path))} {rest}", default, cancellationToken);
}
