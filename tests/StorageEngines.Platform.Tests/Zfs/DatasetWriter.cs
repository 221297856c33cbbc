using System.Globalization;
using System.Text;
using StorageEngines.Platform.Tests.StorageVm;
using StorageEngines.Specification;

namespace StorageEngines.Platform.Tests.Zfs;

/// <summary>Writes to the files of a mounted dataset in the virtual machine, by programs there.</summary>
/// <param name="shell">A shell there.</param>
/// <param name="root">Where the dataset is mounted.</param>
internal sealed class DatasetWriter(GuestShell shell, string root) : ITreeVolumeWriter
{
    public bool AcceptsAnyName => true;

    public async ValueTask WriteAsync(BytePath path, long offset, ReadOnlyMemory<byte> bytes, CancellationToken cancellationToken)
        => await RunAsync(
            string.Create(CultureInfo.InvariantCulture, $"base64 -d <<'E' | dd of=\"$p\" bs=1M iflag=fullblock oflag=seek_bytes seek={offset} conv=notrunc status=none\n{Convert.ToBase64String(bytes.Span)}\nE"), path, cancellationToken);

    public async ValueTask TruncateAsync(BytePath path, long length, CancellationToken cancellationToken)
        => await RunAsync(string.Create(CultureInfo.InvariantCulture, $"truncate -s {length} \"$p\""), path, cancellationToken);

    public async ValueTask<bool> PunchHoleAsync(BytePath path, long offset, long length, CancellationToken cancellationToken)
    {
        await RunAsync(string.Create(CultureInfo.InvariantCulture, $"fallocate -p -o {offset} -l {length} \"$p\""), path, cancellationToken);
        return true;
    }

    public async ValueTask RenameAsync(BytePath from, BytePath to, CancellationToken cancellationToken) => await RunAsync("mv -fT \"$p\" \"$q\"", from, to, cancellationToken);

    public async ValueTask<bool> LinkAsync(BytePath existing, BytePath path, CancellationToken cancellationToken)
    {
        await RunAsync("ln -T \"$p\" \"$q\"", existing, path, cancellationToken);
        return true;
    }

    public async ValueTask<bool> SymbolicLinkAsync(BytePath path, ReadOnlyMemory<byte> target, CancellationToken cancellationToken)
    {
        await RunAsync($"ln -sT -- {Quote(target.Span)} \"$p\"", path, cancellationToken);
        return true;
    }

    public async ValueTask UnlinkAsync(BytePath path, CancellationToken cancellationToken) => await RunAsync("unlink \"$p\"", path, cancellationToken);

    public async ValueTask MakeDirectoryAsync(BytePath path, CancellationToken cancellationToken) => await RunAsync("mkdir \"$p\"", path, cancellationToken);

    public async ValueTask RemoveDirectoryAsync(BytePath path, CancellationToken cancellationToken) => await RunAsync("rmdir \"$p\"", path, cancellationToken);

    public async ValueTask SetModeAsync(BytePath path, int mode, CancellationToken cancellationToken) => await RunAsync($"chmod {Convert.ToString(mode, 8).PadLeft(4, '0')} \"$p\"", path, cancellationToken);

    public async ValueTask SetModifiedAtAsync(BytePath path, UnixTime time, CancellationToken cancellationToken)
        => await RunAsync(string.Create(CultureInfo.InvariantCulture, $"python3 -c 'import os,sys; os.utime(os.fsencode(sys.argv[1]), ns=({time.Seconds}*10**9+{time.Nanoseconds},)*2)' \"$p\""), path, cancellationToken);

    public async ValueTask<bool> SetAttributeAsync(BytePath path, string attribute, ReadOnlyMemory<byte> value, CancellationToken cancellationToken)
    {
        await RunAsync($"setfattr -n {attribute} -v 0x{Convert.ToHexStringLower(value.Span)} \"$p\"", path, cancellationToken);
        return true;
    }

    public async ValueTask<byte[]> ReadAsync(BytePath path, CancellationToken cancellationToken) => await shell.ReadAsync($"{Assign('p', path)}\ncat \"$p\"", cancellationToken);

    private string Assign(char variable, BytePath path) => $"{variable}={Quote([.. Encoding.UTF8.GetBytes(root), (byte)'/', .. path.Span])}";

    // The shell there is bash.
    private static string Quote(ReadOnlySpan<byte> bytes)
    {
        var word = new StringBuilder("$'");
        foreach (byte each in bytes)
        {
            word.Append(char.IsAsciiLetterOrDigit((char)each) || each == '/' ? ((char)each).ToString() : $"\\x{each:x2}");
        }

        return word.Append('\'').ToString();
    }

    private Task<string> RunAsync(string script, BytePath path, CancellationToken cancellationToken) => shell.RunAsync($"{Assign('p', path)}\n{script}", cancellationToken);

    private Task<string> RunAsync(string script, BytePath path, BytePath other, CancellationToken cancellationToken)
        => shell.RunAsync($"{Assign('p', path)}\n{Assign('q', other)}\n{script}", cancellationToken);
}
