using System.Globalization;
using System.IO.Pipelines;
using System.Text;

namespace StorageEngines.Platform.Tests.StorageVm;

/// <summary>
/// What an application does to files and devices in the virtual machine, by one program there that does it all: to start one takes a tenth of a second there. A file or device is open only
/// as long as a request, so that nothing stale stays in the page cache. One request at a time.
/// </summary>
internal sealed class GuestFiles : IAsyncDisposable
{
    private readonly Pipe _input = new(new PipeOptions(pauseWriterThreshold: 0, useSynchronizationContext: false));
    private readonly SemaphoreSlim _oneAtATime = new(1, 1);
    private ICommandExecution? _execution;

    private GuestFiles()
    {
    }

    /// <summary>Starts the program.</summary>
    internal static async Task<GuestFiles> StartAsync(ICommandRunner runner, CancellationToken cancellationToken)
    {
        using var script = new StreamReader(typeof(GuestFiles).Assembly.GetManifestResourceStream("guest-files.py")!);
        var files = new GuestFiles();
        files._execution = await runner.StartAsync(
            new CommandRequest("python3", ["-I", "-S", "-c", await script.ReadToEndAsync(cancellationToken)]) { StandardInput = files._input.Reader.AsStream() }, cancellationToken);
        return files;
    }

    internal Task WriteAsync(BytePath path, long offset, ReadOnlyMemory<byte> bytes, CancellationToken cancellationToken) => AskAsync($"write {Hex(path)} {Number(offset)}", bytes, cancellationToken);

    /// <summary>Writes to a device, and has it written out.</summary>
    internal Task WriteDeviceAsync(string device, long offset, ReadOnlyMemory<byte> bytes, CancellationToken cancellationToken)
        => AskAsync($"write-device {Hex(device)} {Number(offset)}", bytes, cancellationToken);

    internal Task<byte[]> ReadAsync(BytePath path, CancellationToken cancellationToken) => AskAsync($"read {Hex(path)}", default, cancellationToken);

    /// <summary>Reads all of a device, past the page cache.</summary>
    internal Task<byte[]> ReadDeviceAsync(string device, CancellationToken cancellationToken) => AskAsync($"read-device {Hex(device)}", default, cancellationToken);

    internal Task DiscardAsync(string device, long offset, long length, CancellationToken cancellationToken)
        => AskAsync($"discard {Hex(device)} {Number(offset)} {Number(length)}", default, cancellationToken);

    /// <summary>Waits until a device is there and has a size; udev makes it a little after the volume.</summary>
    internal Task AwaitDeviceAsync(string device, long bytes, CancellationToken cancellationToken) => AskAsync($"await-device {Hex(device)} {Number(bytes)}", default, cancellationToken);

    /// <summary>How many processes are left whose command line fits a regular expression. Those that end by themselves within ten seconds are waited for.</summary>
    internal async Task<long> AwaitEndAsync(string pattern, CancellationToken cancellationToken)
        => long.Parse(await AskAsync($"await-end {Hex(pattern)}", default, cancellationToken), CultureInfo.InvariantCulture);

    /// <summary>Anything else that the program can, as a line without the count of bytes.</summary>
    internal async Task<byte[]> AskAsync(string request, ReadOnlyMemory<byte> bytes, CancellationToken cancellationToken)
    {
        await _oneAtATime.WaitAsync(cancellationToken);
        try
        {
            await _input.Writer.WriteAsync(Encoding.ASCII.GetBytes($"{request} {Number(bytes.Length)}\n"), CancellationToken.None);
            await _input.Writer.WriteAsync(bytes, CancellationToken.None);
            return await ReadReplyAsync(request);
        }
        finally
        {
            _oneAtATime.Release();
        }
    }

    internal static string Hex(BytePath path) => Convert.ToHexString(path.Span);

    internal static string Number(long number) => number.ToString(CultureInfo.InvariantCulture);

    /// <inheritdoc/>
    public async ValueTask DisposeAsync()
    {
        await _input.Writer.CompleteAsync();
        if (_execution is not null)
        {
            await _execution.DisposeAsync();
        }

        _oneAtATime.Dispose();
    }

    private static string Hex(string path) => Hex(BytePath.FromString(path));

    // A request that was sent is heard to its end, so that the next one gets its own reply.
    private async Task<byte[]> ReadReplyAsync(string request)
    {
        var line = new StringBuilder();
        byte[] one = new byte[1];
        while (true)
        {
            Assert.True(await _execution!.StandardOutput.ReadAsync(one, CancellationToken.None) == 1, "The program in the machine that works on files has ended.");
            if (one[0] == '\n')
            {
                break;
            }

            line.Append((char)one[0]);
        }

        int[] told = [.. line.ToString().Split(' ').Select(each => int.Parse(each, CultureInfo.InvariantCulture))];
        byte[] bytes = new byte[told[1]];
        await _execution.StandardOutput.ReadExactlyAsync(bytes, CancellationToken.None);
        Assert.True(told[0] == 0, $"In the machine, '{request}': {Encoding.UTF8.GetString(bytes)}");
        return bytes;
    }
}
