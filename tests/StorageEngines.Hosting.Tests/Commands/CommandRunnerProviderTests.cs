using Microsoft.Extensions.DependencyInjection;

namespace StorageEngines.Hosting.Tests;

public sealed class CommandRunnerProviderTests
{
    [Fact]
    public async Task Remote_address_gets_one_runner_per_host_which_ends_with_the_services()
    {
        var factory = new StubFactory("one");
        var pigeons = new Pigeons();
        var services = new ServiceCollection();
        services.AddSingleton<ICommandTransport>(pigeons);
        services.AddSingleton(BuiltInEngine.From(factory));
        await using (ServiceProvider provider = services.AddStorageEngines().BuildServiceProvider())
        {
            foreach (string address in new[] { "one+pigeon://u@a/x", "one+pigeon://u@a/y", "one+pigeon://u@b/x" })
            {
                await using ResolvedVolume resolved = await provider.Catalog().ResolveAsync(VolumeAddress.Parse(address));
            }
        }

        Assert.Equal(["u@a", "u@b"], pigeons.Opened.Select(runner => runner.Host));
        Assert.Same(factory.Made[0].Context.Commands, factory.Made[1].Context.Commands);
        Assert.All(pigeons.Opened, runner => Assert.True(runner.IsDisposed));
        Assert.All(factory.Made, engine => Assert.False(engine.Context.Commands.IsLocal));
    }

    private sealed class Pigeons : ICommandTransport
    {
        public string Name => "pigeon";

        public List<PigeonRunner> Opened { get; } = [];

        public ICommandRunner Open(VolumeAddress address)
        {
            Opened.Add(new PigeonRunner($"{address.User}@{address.Host}"));
            return Opened[^1];
        }
    }

    private sealed class PigeonRunner(string host) : ICommandRunner, IAsyncDisposable
    {
        public string Host => host;

        public bool IsLocal => false;

        public bool IsDisposed { get; private set; }

        public ValueTask<ICommandExecution> StartAsync(CommandRequest request, CancellationToken cancellationToken = default) => throw new NotSupportedException();

        public ValueTask DisposeAsync()
        {
            IsDisposed = true;
            return ValueTask.CompletedTask;
        }
    }
}
