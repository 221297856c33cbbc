using System.Buffers;
using System.Globalization;
using System.Text;
using System.Text.Json;
using Microsoft.Win32.SafeHandles;
using StorageEngines.Posix;

namespace StorageEngines;

/// <summary>
/// Remembers which snapshot each restored path holds, so that a difference is applied to its own base only. One small JSON file per target, named
/// by the target's device, inode and birth time (a block device: by its number), so that a renamed target is still known and a replaced one is not.
/// </summary>
/// <remarks>Safe for use by several threads and processes as far as they deal with different targets.</remarks>
internal sealed class TargetReceipts
{
    private const int MaxReceiptBytes = 64 * 1024;
    private readonly string _directory;

    /// <summary>Looks at a state directory; nothing is created yet.</summary>
    /// <param name="stateDirectory">The directory, or null for the user's own.</param>
    internal TargetReceipts(string? stateDirectory = null)
        => _directory = System.IO.Path.Combine(stateDirectory ?? DefaultStateDirectory(), "targets");

    /// <summary><c>$XDG_STATE_HOME/storage-engines</c>, or <c>~/.local/state/storage-engines</c>.</summary>
    internal static string DefaultStateDirectory()
    {
        string? state = Environment.GetEnvironmentVariable("XDG_STATE_HOME");
        if (string.IsNullOrEmpty(state) || !System.IO.Path.IsPathRooted(state))
        {
            string home = Environment.GetFolderPath(Environment.SpecialFolder.UserProfile, Environment.SpecialFolderOption.DoNotVerify);
            state = System.IO.Path.Combine(home.Length == 0 ? "/" : home, ".local", "state");
        }

        return System.IO.Path.Combine(state, "storage-engines");
    }

    /// <summary>What is known of a target.</summary>
    /// <param name="target">An existing path; links are followed.</param>
    /// <returns>The receipt, or null if there is none.</returns>
    /// <exception cref="StorageEngineException">The target is not there or the receipt cannot be read.</exception>
    /// <exception cref="CorruptDataException">The receipt is damaged.</exception>
    internal TargetReceipt? Get(BytePath target)
    {
        string file = FileOf(target);
        byte[] content;
        try
        {
            using SafeFileHandle handle = FileHandle.OpenRead(Encoding.UTF8.GetBytes(file));
            content = new byte[MaxReceiptBytes];
            content = content[..FileHandle.ReadAt(handle, content, 0)];
        }
        catch (PosixException error) when (error.Errno is Errno.ENOENT)
        {
            return null;
        }
        catch (PosixException error)
        {
            throw PortableErrors.From(error, "read the receipt", file);
        }

        return Parse(content, file);
    }

    /// <summary>Writes down what a target holds now, durably.</summary>
    /// <param name="target">An existing path; links are followed.</param>
    /// <param name="receipt">What it holds.</param>
    /// <exception cref="StorageEngineException">The target is not there or the receipt cannot be written.</exception>
    internal void Put(BytePath target, TargetReceipt receipt)
    {
        string file = FileOf(target);
        try
        {
            Directory.CreateDirectory(_directory);
            using DirectoryHandle directory = DirectoryHandle.Open(Encoding.UTF8.GetBytes(_directory));
            AtomicFile.Write(directory, Encoding.UTF8.GetBytes(System.IO.Path.GetFileName(file)), Format(receipt));
        }
        catch (PosixException error)
        {
            throw PortableErrors.From(error, "write the receipt", file);
        }
        catch (Exception error) when (error is UnauthorizedAccessException or IOException)
        {
            throw new StorageEngineException(
                EngineStatus.PermissionDenied, EngineReason.None, Recovery.OperatorAction,
                $"Cannot make the state directory '{_directory}': {error.Message} Name another one, or make it writable.", error);
        }
    }

    /// <summary>
    /// Makes sure, before long work, that its receipt can be written at the end. Leaves no trace: tries an unnamed file in the state directory, or in the
    /// nearest directory above it that is there.
    /// </summary>
    /// <exception cref="StorageEngineException">It cannot.</exception>
    internal void RequireWritable()
    {
        string directory = _directory;
        while (!System.IO.Path.Exists(directory) && System.IO.Path.GetDirectoryName(directory) is { } above)
        {
            directory = above;
        }

        try
        {
            using DirectoryHandle handle = DirectoryHandle.Open(Encoding.UTF8.GetBytes(directory));
            using AtomicFile probe = AtomicFile.Create(handle, ".seng-probe"u8);
        }
        catch (PosixException error)
        {
            throw PortableErrors.From(error, "write receipts to", _directory, "name another state directory, or make it writable; nothing was written");
        }
    }

    /// <summary>Forgets a target. What is not known is no error.</summary>
    /// <param name="target">An existing path; links are followed.</param>
    /// <exception cref="StorageEngineException">The target is not there or the receipt cannot be removed.</exception>
    internal void Remove(BytePath target)
    {
        string file = FileOf(target);
        try
        {
            File.Delete(file);
        }
        catch (DirectoryNotFoundException)
        {
            return; // there has never been a receipt here
        }
        catch (Exception error) when (error is UnauthorizedAccessException or IOException)
        {
            throw new StorageEngineException(
                EngineStatus.PermissionDenied, EngineReason.None, Recovery.OperatorAction, $"Cannot remove the receipt '{file}': {error.Message}", error);
        }
    }

    private string FileOf(BytePath target)
    {
        FileStatus status;
        try
        {
            status = FileStatus.GetPath(target.Span);
        }
        catch (PosixException error)
        {
            throw PortableErrors.From(error, "look at", target.ToString());
        }

        string key = status.Type == FileType.BlockDevice
            ? string.Create(CultureInfo.InvariantCulture, $"block-{status.NodeMajor}-{status.NodeMinor}")
            : string.Create(
                CultureInfo.InvariantCulture,
                $"file-{status.DeviceMajor}-{status.DeviceMinor}-{status.Inode}-{status.BirthTime?.TotalNanoseconds ?? 0}");
        return System.IO.Path.Combine(_directory, key + ".json");
    }

    private static byte[] Format(TargetReceipt receipt)
    {
        var buffer = new ArrayBufferWriter<byte>();
        using (var writer = new Utf8JsonWriter(buffer, new JsonWriterOptions { Indented = true }))
        {
            writer.WriteStartObject();
            writer.WriteNumber("version", 1);
            writer.WriteString("snapshot", receipt.Snapshot);
            if (receipt.Applying is { } applying)
            {
                writer.WriteString("applying", applying);
            }

            if (receipt.NodesLeftOut)
            {
                writer.WriteBoolean("nodesLeftOut", true);
            }

            writer.WriteString("path", receipt.Path.ToString());
            writer.WriteString("fingerprint", receipt.Fingerprint);
            writer.WriteEndObject();
        }

        return buffer.WrittenSpan.ToArray();
    }

    private static TargetReceipt Parse(byte[] content, string file)
    {
        try
        {
            using JsonDocument document = JsonDocument.Parse(content);
            JsonElement root = document.RootElement;
            int version = root.GetProperty("version").GetInt32();
            if (version != 1)
            {
                throw new StorageEngineException(
                    EngineStatus.FailedPrecondition, EngineReason.FormatTooNew, Recovery.OperatorAction,
                    $"The receipt '{file}' has version {version}; this program reads version 1. Use the newer program, or restore the target anew.");
            }

            return new TargetReceipt(
                root.GetProperty("snapshot").GetGuid(),
                BytePath.Parse(root.GetProperty("path").GetString() ?? ""),
                root.GetProperty("fingerprint").GetString() ?? "")
            {
                Applying = root.TryGetProperty("applying", out JsonElement applying) ? applying.GetGuid() : null,
                NodesLeftOut = root.TryGetProperty("nodesLeftOut", out JsonElement leftOut) && leftOut.GetBoolean(),
            };
        }
        catch (Exception error) when (error is JsonException or KeyNotFoundException or InvalidOperationException or FormatException)
        {
            throw new CorruptDataException(file, null, $"the receipt is damaged ({error.Message}); restore the target anew.", error);
        }
    }
}
