using System.Globalization;
using System.IO.Pipelines;
using System.Security.Cryptography;
using System.Text;

namespace StorageEngines.Platform.Tests.StorageVm;

/// <summary>A shell in the virtual machine that tests tell one script after the other: what an application or an operator does there, past the engine. One script at a time.</summary>
internal sealed class GuestShell : IAsyncDisposable
{
    private readonly Pipe _input = new(new PipeOptions(pauseWriterThreshold: 0, useSynchronizationContext: false));
    private readonly SemaphoreSlim _oneAtATime = new(1, 1);
    private readonly string _mark = RandomNumberGenerator.GetHexString(32, lowercase: true);
    private readonly byte[] _buffer = new byte[64 << 10];
    private ICommandExecution? _execution;

    private GuestShell()
    {
    }

    /// <summary>Quotes a word for a script.</summary>
    internal static string Quote(string word) => $"'{word.Replace("'", "'\\''", StringComparison.Ordinal)}'";

    /// <summary>A command that writes bytes to its standard output; the script goes on in the next line.</summary>
    internal static string Print(ReadOnlySpan<byte> bytes) => $"base64 -d <<'E'\n{Convert.ToBase64String(bytes)}\nE\n";

    /// <summary>Starts one. <c>bash</c> reads its input byte by byte; for scripts with much data in them, <c>sh</c> is quicker by far.</summary>
    internal static async Task<GuestShell> StartAsync(ICommandRunner runner, CancellationToken cancellationToken, string program = "bash")
    {
        var shell = new GuestShell();
        try
        {
            shell._execution = await runner.StartAsync(new CommandRequest(program, []) { StandardInput = shell._input.Reader.AsStream() }, cancellationToken);
            await shell.WriteAsync("exec 3>&1; export LC_ALL=C PATH=$PATH:/usr/sbin:/sbin; cd /\n");
            await shell.RunAsync(":", cancellationToken);
            return shell;
        }
        catch
        {
            await shell.DisposeAsync();
            throw;
        }
    }

    /// <summary>Runs a script, which has to succeed.</summary>
    /// <returns>What it wrote to standard output, as text.</returns>
    internal async Task<string> RunAsync(string script, CancellationToken cancellationToken)
        => Encoding.UTF8.GetString(await ReadAsync(script, cancellationToken));

    /// <summary>Runs a script, which has to succeed. It ends at the first command that fails.</summary>
    /// <returns>What it wrote to standard output.</returns>
    internal async Task<byte[]> ReadAsync(string script, CancellationToken cancellationToken)
    {
        (int code, byte[] output, string errors) = await TryAsync(script, cancellationToken);
        Assert.True(code == 0, $"In the machine, exit code {code}: {errors}\n{script}");
        return output;
    }

    /// <summary>Runs a script that may fail.</summary>
    internal async Task<(int Code, byte[] Output, string Errors)> TryAsync(string script, CancellationToken cancellationToken)
    {
        await _oneAtATime.WaitAsync(cancellationToken);
        try
        {
            await WriteAsync($"f() {{\nset -e\n{script}\n}}\ne=$( (f) 2>&1 >&3 </dev/null ); r=$?; printf '\\n{_mark} %d %.4000s\\0' \"$r\" \"$e\"\n");
            return await ReadReplyAsync(cancellationToken);
        }
        finally
        {
            _oneAtATime.Release();
        }
    }

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

    private async Task WriteAsync(string text) => await _input.Writer.WriteAsync(Encoding.UTF8.GetBytes(text), CancellationToken.None);

    private async Task<(int Code, byte[] Output, string Errors)> ReadReplyAsync(CancellationToken cancellationToken)
    {
        byte[] token = Encoding.ASCII.GetBytes($"\n{_mark} ");
        using var reply = new MemoryStream();
        int looked = 0;
        while (true)
        {
            int count = await _execution!.StandardOutput.ReadAsync(_buffer, cancellationToken);
            Assert.True(count > 0, "The shell in the machine has ended.");
            reply.Write(_buffer, 0, count);
            byte[] all = reply.GetBuffer();
            int length = (int)reply.Length, found = all.AsSpan(looked, length - looked).IndexOf(token);
            if (found < 0)
            {
                looked = Math.Max(0, length - token.Length);
                continue;
            }

            found += looked;
            int end = all.AsSpan(found, length - found).IndexOf((byte)0);
            if (end >= 0)
            {
                string[] tail = Encoding.UTF8.GetString(all, found + token.Length, end - token.Length).Split(' ', 2);
                return (int.Parse(tail[0], CultureInfo.InvariantCulture), all[..found], tail[1]);
            }
        }
    }
}
